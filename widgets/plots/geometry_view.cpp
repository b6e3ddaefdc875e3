#include "widgets/plots/geometry_view.h"

#include <QEvent>
#include <QListWidget>
#include <QPixmap>
#include <QSignalBlocker>

#include "widgets/plots/geometry_plot.h"
#include "widgets/style/plain_text.h"

namespace eq::widgets {
namespace {

constexpr int kSwatch = 12;  // pixels
constexpr QSize kMethodsWidth{210, 120};

QIcon swatchOf(const QColor& colour) {
  QPixmap pixmap(kSwatch, kSwatch);
  pixmap.fill(colour);
  return pixmap;
}

QString tipOf(const balance::Answerer& method) {
  const auto& descriptor = *method.descriptor;
  QString tip =
      QString("%1 (%2)\n%3")
          .arg(QString::fromStdString(descriptor.title), QString::fromStdString(descriptor.id),
               QString::fromStdString(descriptor.summary));
  if (!method.obstacle.empty())
    return GeometryView::tr("%1\nNot shown here: %2")
        .arg(tip, QString::fromStdString(method.obstacle));
  if (method.remembers)
    tip += GeometryView::tr("\nIt remembers earlier steps, and begins anew here.");
  return tip;
}

QString itemTextOf(const balance::Answerer& method) {
  const QString title = QString::fromStdString(method.descriptor->title);
  if (!method.obstacle.empty()) return GeometryView::tr("%1: not here").arg(title);
  return method.remembers ? GeometryView::tr("%1, fresh state").arg(title) : title;
}

}  // namespace

GeometryView::GeometryView(const RunData& data, PlotLink& link, QWidget* parent)
    : QSplitter(Qt::Horizontal, parent),
      plot_(new GeometryPlot(data, link, this)),
      methods_(new QListWidget(this)) {
  methods_->setAccessibleName(tr("Methods"));
  methods_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  methods_->setMinimumWidth(kMethodsWidth.width() / 2);
  addWidget(plot_);
  addWidget(methods_);
  setChildrenCollapsible(false);
  setStretchFactor(0, 1);
  setSizes({3 * kMethodsWidth.width(), kMethodsWidth.width()});
  connect(plot_, &GeometryPlot::methodsChanged, this, &GeometryView::listMethods);
  connect(methods_, &QListWidget::itemChanged, this,
          [this](const QListWidgetItem* item) { itemChanged(*item); });
}

void GeometryView::listMethods() {
  const QSignalBlocker blocker(methods_);
  methods_->clear();
  for (const auto& method : plot_->scene().methods()) {
    auto* item = new QListWidgetItem(itemTextOf(method), methods_);
    item->setToolTip(plainToolTip(tipOf(method)));
    item->setData(Qt::UserRole, QString::fromStdString(method.descriptor->id));
    if (!method.obstacle.empty()) {
      item->setFlags(Qt::NoItemFlags);
      continue;
    }
    item->setFlags(Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsUserCheckable);
    const bool chosen = plot_->colourOf(method.descriptor->id).has_value();
    item->setCheckState(chosen ? Qt::Checked : Qt::Unchecked);
  }
  colourMethods();
}

/// A swatch in the colour of the arrow.
void GeometryView::colourMethods() {
  const QSignalBlocker blocker(methods_);
  for (int row = 0; row < methods_->count(); ++row) {
    QListWidgetItem* item = methods_->item(row);
    const auto colour = plot_->colourOf(item->data(Qt::UserRole).toString().toStdString());
    item->setIcon(swatchOf(colour ? taskColour(themeOf(*this), *colour) : Qt::transparent));
  }
}

void GeometryView::itemChanged(const QListWidgetItem& item) {
  plot_->setChosen(item.data(Qt::UserRole).toString().toStdString(),
                   item.checkState() == Qt::Checked);
  colourMethods();
}

void GeometryView::changeEvent(QEvent* event) {
  QSplitter::changeEvent(event);
  if (event->type() == QEvent::PaletteChange) colourMethods();
}

}  // namespace eq::widgets
