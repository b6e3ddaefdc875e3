#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <QImage>
#include <QString>

#include "widgets/style/theme.h"

namespace eq::widgets {

class PlotPanel;

enum class FigureFormat { pdf, svg, png, csv, pgfplots };

/// A figure of one plot, or of several one under the other.
struct FigureOptions {
  double width = 160;      ///< mm
  double height = 100;     ///< mm, of each plot
  int dpi = 300;           ///< of PNG
  double fontSize = 9;     ///< points
  double lineWidth = 1.5;  ///< pixels of 1/96 inch
  bool legend = true;
  QString title;  ///< empty: none, or the plots' own where there are several
  Theme theme = Theme::light;
};

/// By the file's extension: pdf, svg, png, csv, tex. \throws Error for another.
FigureFormat figureFormatOf(const std::filesystem::path& file);
QString extensionOf(FigureFormat format);

/// The file's content: what the plots show now, brought up to date, in the range that is shown; CSV
/// and pgfplots hold every recorded point.
std::string figureBytes(const std::vector<PlotPanel*>& panels, FigureFormat format,
                        const FigureOptions& options);

/// Replaces `file` as a whole or leaves it as it was. \throws Error naming the file.
void exportFigure(const std::vector<PlotPanel*>& panels, const std::filesystem::path& file,
                  const FigureOptions& options);

/// The figure at `dpi`, for a preview or the clipboard.
QImage figureImage(const std::vector<PlotPanel*>& panels, const FigureOptions& options);

/// Puts the figure on the clipboard as an image and as SVG.
void copyFigure(const std::vector<PlotPanel*>& panels, const FigureOptions& options);

}  // namespace eq::widgets
