#include "widgets/plots/figure_export.h"

#include <array>
#include <cmath>

#include <qcustomplot.h>

#include <QBuffer>
#include <QClipboard>
#include <QGuiApplication>
#include <QMimeData>
#include <QPageSize>
#include <QPdfWriter>
#include <QSvgGenerator>

#include "core/base/error.h"
#include "core/run/atomic_file.h"
#include "widgets/plots/figure_data.h"
#include "widgets/plots/time_plot.h"
#include "widgets/style/plain_text.h"

namespace eq::widgets {
namespace {

constexpr double kPixelsPerMm = 96 / 25.4;
constexpr double kDotsPerMetre = 1000 / 25.4;  // for each dot an inch
constexpr std::array<const char*, 5> kExtensions{"pdf", "svg", "png", "csv", "tex"};

/// A panel in the figure's style, without its cursor, for as long as this lives.
class Restyled {
 public:
  Restyled(PlotPanel& panel, const PlotStyle& style) : panel_(panel), before_(panel.style()) {
    panel.bringUpToDate();
    panel.setStyle(style);
    showCursor(false);
  }
  ~Restyled() {
    showCursor(true);
    panel_.setStyle(before_);
    panel_.plot().replot(QCustomPlot::rpQueuedReplot);
  }
  Restyled(const Restyled&) = delete;
  Restyled& operator=(const Restyled&) = delete;

 private:
  void showCursor(bool visible) {
    for (int i = 0; i < panel_.plot().layerCount(); ++i)
      if (panel_.plot().layer(i)->name() == "cursor") panel_.plot().layer(i)->setVisible(visible);
  }

  PlotPanel& panel_;
  PlotStyle before_;
};

int pixels(double millimetres) {
  return static_cast<int>(std::lround(millimetres * kPixelsPerMm));
}
/// Of the whole figure.
QSizeF millimetresOf(const std::vector<PlotPanel*>& panels, const FigureOptions& options) {
  return {options.width,
          options.height * static_cast<double>(std::max<std::size_t>(panels.size(), 1))};
}
QSize pixelsOf(const std::vector<PlotPanel*>& panels, const FigureOptions& options) {
  const QSizeF size = millimetresOf(panels, options);
  return {pixels(size.width()), pixels(size.height())};
}

QString titleOf(const std::vector<PlotPanel*>& panels, const FigureOptions& options) {
  return options.title.isEmpty() && !panels.empty() ? panels.front()->title()
                                                    : shownName(options.title);
}

PlotStyle styleOf(const PlotPanel& panel, const FigureOptions& options, bool several) {
  const QString title = several ? panel.title() : shownName(options.title);
  return {options.theme, options.fontSize,  options.legend,
          title,         options.lineWidth, pixels(options.width)};
}

/// Draws the panels one under the other, in pixels of 1/96 inch.
void draw(QCPPainter& painter, const std::vector<PlotPanel*>& panels,
          const FigureOptions& options) {
  const int width = pixels(options.width), height = pixels(options.height);
  for (const auto mode :
       {QCPPainter::pmVectorized, QCPPainter::pmNoCaching, QCPPainter::pmNonCosmetic})
    painter.setMode(mode);
  for (PlotPanel* panel : panels) {
    const Restyled restyled(*panel, styleOf(*panel, options, panels.size() > 1));
    panel->plot().toPainter(&painter, width, height);
    painter.translate(0, height);
  }
}

std::string textOf(const QByteArray& bytes) {
  return {bytes.data(), static_cast<std::size_t>(bytes.size())};
}

std::string pdfBytes(const std::vector<PlotPanel*>& panels, const FigureOptions& options) {
  QBuffer buffer;
  buffer.open(QIODevice::WriteOnly);
  {
    QPdfWriter writer(&buffer);
    writer.setCreator("Equipoise");
    writer.setTitle(titleOf(panels, options));
    writer.setResolution(96);
    writer.setPageSize(QPageSize(millimetresOf(panels, options), QPageSize::Millimeter));
    writer.setPageMargins({0, 0, 0, 0});
    QCPPainter painter;
    painter.begin(&writer);
    draw(painter, panels, options);
    painter.end();
  }
  return textOf(buffer.data());
}

std::string svgBytes(const std::vector<PlotPanel*>& panels, const FigureOptions& options) {
  QBuffer buffer;
  buffer.open(QIODevice::WriteOnly);
  QSvgGenerator generator;
  generator.setOutputDevice(&buffer);
  generator.setResolution(96);
  generator.setSize(pixelsOf(panels, options));
  generator.setViewBox(QRect(QPoint(0, 0), pixelsOf(panels, options)));
  generator.setTitle(titleOf(panels, options).toHtmlEscaped());  // Qt writes it as it is
  QCPPainter painter;
  painter.begin(&generator);
  draw(painter, panels, options);
  painter.end();
  return textOf(buffer.data());
}

std::string pngBytes(const std::vector<PlotPanel*>& panels, const FigureOptions& options) {
  QBuffer buffer;
  buffer.open(QIODevice::WriteOnly);
  if (!figureImage(panels, options).save(&buffer, "PNG"))
    fail("figure: {} x {} mm at {} dpi is too large for an image; choose less", options.width,
         millimetresOf(panels, options).height(), options.dpi);
  return textOf(buffer.data());
}

/// The series of all panels; named with their panel where there are several.
std::vector<Series> seriesOf(const std::vector<PlotPanel*>& panels) {
  std::vector<Series> out;
  for (PlotPanel* panel : panels)
    for (Series& one : panel->series()) {
      if (panels.size() > 1) one.name = panel->title() + ": " + one.name;
      out.push_back(std::move(one));
    }
  return out;
}

std::string pgfplotsBytes(const std::vector<PlotPanel*>& panels, const FigureOptions& options) {
  std::string out;
  for (PlotPanel* panel : panels) {
    const auto* time = qobject_cast<TimePlot*>(panel);
    const auto panes = time ? time->paneSeries()
                            : std::vector<TimePlot::PaneSeries>{{panel->title(), panel->series()}};
    for (const auto& [yLabel, series] : panes) {
      const PgfAxis axis{styleOf(*panel, options, panels.size() > 1).title,
                         series.empty() ? QString() : series.front().xName,
                         yLabel,
                         time && time->isLogX(),
                         time && time->isLogY(),
                         options.legend,
                         options.width,
                         options.height / static_cast<double>(panes.size())};
      out += pgfplotsText(series, axis);
    }
  }
  return out;
}

}  // namespace

FigureFormat figureFormatOf(const std::filesystem::path& file) {
  const std::string extension = file.extension().string();
  for (std::size_t i = 0; i < kExtensions.size(); ++i)
    if (QString::fromStdString(extension).compare("." + QString(kExtensions[i]),
                                                  Qt::CaseInsensitive) == 0)
      return static_cast<FigureFormat>(i);
  fail("{}: the ending of a figure's file must be .pdf, .svg, .png, .csv or .tex, found '{}'",
       file.string(), extension);
}

QString extensionOf(FigureFormat format) {
  return kExtensions[static_cast<std::size_t>(format)];
}

std::string figureBytes(const std::vector<PlotPanel*>& panels, FigureFormat format,
                        const FigureOptions& options) {
  for (PlotPanel* panel : panels) panel->bringUpToDate();
  switch (format) {
    case FigureFormat::pdf:
      return pdfBytes(panels, options);
    case FigureFormat::svg:
      return svgBytes(panels, options);
    case FigureFormat::png:
      return pngBytes(panels, options);
    case FigureFormat::csv:
      return csvText(seriesOf(panels));
    case FigureFormat::pgfplots:
      return pgfplotsBytes(panels, options);
  }
  return {};
}

void exportFigure(const std::vector<PlotPanel*>& panels, const std::filesystem::path& file,
                  const FigureOptions& options) {
  run::writeAtomically(file, figureBytes(panels, figureFormatOf(file), options));
}

QImage figureImage(const std::vector<PlotPanel*>& panels, const FigureOptions& options) {
  const double scale = options.dpi / 96.0;
  const QSize size = pixelsOf(panels, options);
  QImage image(static_cast<int>(std::lround(size.width() * scale)),
               static_cast<int>(std::lround(size.height() * scale)), QImage::Format_RGB32);
  if (image.isNull()) return image;
  image.fill(plotColours(options.theme).background);
  // Fonts are measured at 96 dots an inch and scaled with everything else.
  image.setDotsPerMeterX(static_cast<int>(std::lround(96 * kDotsPerMetre)));
  image.setDotsPerMeterY(image.dotsPerMeterX());
  QCPPainter painter;
  painter.begin(&image);
  painter.scale(scale, scale);
  draw(painter, panels, options);
  painter.end();
  image.setDotsPerMeterX(static_cast<int>(std::lround(options.dpi * kDotsPerMetre)));
  image.setDotsPerMeterY(image.dotsPerMeterX());
  return image;
}

void copyFigure(const std::vector<PlotPanel*>& panels, const FigureOptions& options) {
  auto* content = new QMimeData;
  content->setImageData(figureImage(panels, options));
  content->setData("image/svg+xml",
                   QByteArray::fromStdString(figureBytes(panels, FigureFormat::svg, options)));
  QGuiApplication::clipboard()->setMimeData(content);
}

}  // namespace eq::widgets
