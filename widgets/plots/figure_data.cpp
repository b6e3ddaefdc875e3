#include "widgets/plots/figure_data.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/core.h>

#include "core/base/number_text.h"
#include "core/base/text_table.h"
#include "widgets/style/plain_text.h"

namespace eq::widgets {
namespace {

constexpr std::size_t kTexPoints = 2000;  // that TeX draws quickly

const char* dashText(Qt::PenStyle style) {
  switch (style) {
    case Qt::DashLine:
      return "dashed";
    case Qt::DotLine:
      return "densely dotted";
    case Qt::DashDotLine:
      return "dash dot";
    case Qt::DashDotDotLine:
      return "dash dot dot";
    default:
      return "solid";
  }
}

std::string axisText(const PgfAxis& axis) {
  std::string out = "\\begin{axis}[\n  unbounded coords=jump,\n";
  if (!axis.title.isEmpty()) out += fmt::format("  title={{{}}},\n", texText(axis.title));
  out +=
      fmt::format("  xlabel={{{}}}, ylabel={{{}}},\n", texText(axis.xLabel), texText(axis.yLabel));
  if (axis.logX) out += "  xmode=log,\n";
  if (axis.logY) out += "  ymode=log,\n";
  if (axis.width > 0)
    out += fmt::format("  width={}mm, height={}mm,\n", numberText(axis.width),
                       numberText(axis.height));
  return out + "]\n";
}

bool isDrawn(const Series& series, std::size_t i, bool logY) {
  return std::isfinite(series.y[i]) && !(logY && series.y[i] <= 0);
}

/// The rows that TeX draws: every n-th, and those at the ends of each gap, so that none is lost.
std::vector<std::size_t> thinned(const Series& series, bool logY) {
  const std::size_t size = series.x.size(), step = (size + kTexPoints - 1) / kTexPoints;
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < size; ++i) {
    const bool drawn = isDrawn(series, i, logY);
    const bool turns = (i > 0 && isDrawn(series, i - 1, logY) != drawn) ||
                       (i + 1 < size && isDrawn(series, i + 1, logY) != drawn);
    if (turns || (drawn && i % step == 0) || i + 1 == size) rows.push_back(i);
  }
  return rows;
}

/// Of the rows that have no neighbour to be joined to.
std::vector<std::size_t> lonePoints(const Series& series, bool logY) {
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < series.x.size(); ++i) {
    const bool before = i > 0 && isDrawn(series, i - 1, logY);
    const bool after = i + 1 < series.x.size() && isDrawn(series, i + 1, logY);
    if (isDrawn(series, i, logY) && !before && !after) rows.push_back(i);
  }
  return rows;
}

std::string tableText(const Series& series, const std::vector<std::size_t>& rows) {
  std::string out = "] table {\n";
  for (const std::size_t i : rows)
    out += numberText(series.x[i]) + " " + numberText(series.y[i]) + "\n";
  return out + "};\n";
}

std::string plotText(const Series& series, const PgfAxis& axis) {
  const QColor colour = taskColour(Theme::light, series.colour);
  const std::string begin = fmt::format("\\addplot[color={{rgb,255:red,{};green,{};blue,{}}}, ",
                                        colour.red(), colour.green(), colour.blue());
  const bool marked = *series.mark != '\0';
  std::string out = begin + dashText(taskLineStyle(series.dashes.value_or(series.colour)));
  if (marked) out += fmt::format(", mark={}, mark size=1.5pt, mark options={{solid}}", series.mark);
  out += tableText(series, thinned(series, axis.logY));
  if (axis.legend) out += fmt::format("\\addlegendentry{{{}}}\n", texText(series.name));
  const auto lone = lonePoints(series, axis.logY);
  if (!marked && !lone.empty())
    out += begin + "only marks, mark=*, mark size=1pt, forget plot" + tableText(series, lone);
  return out;
}

}  // namespace

std::string csvText(const std::vector<Series>& series) {
  std::string out = series.empty() ? "x" : csvField(series.front().xName.toStdString());
  for (const Series& one : series) out += "," + csvField(one.name.toStdString());
  out += "\n";
  std::vector<std::size_t> next(series.size(), 0);
  const auto here = [&](std::size_t i) { return next[i] < series[i].x.size(); };
  while (true) {
    double x = std::numeric_limits<double>::infinity();
    bool any = false;
    for (std::size_t i = 0; i < series.size(); ++i)
      if (here(i)) any = true, x = std::min(x, series[i].x[next[i]]);
    if (!any) return out;
    out += numberText(x);
    for (std::size_t i = 0; i < series.size(); ++i) {
      out += ',';
      if (here(i) && series[i].x[next[i]] == x) out += numberText(series[i].y[next[i]++]);
    }
    out += '\n';
  }
}

std::string pgfplotsText(const std::vector<Series>& series, const PgfAxis& axis) {
  std::string out = "% \\usepackage{pgfplots} \\pgfplotsset{compat=1.16}\n\\begin{tikzpicture}\n" +
                    axisText(axis);
  for (const Series& one : series) out += plotText(one, axis);
  return out + "\\end{axis}\n\\end{tikzpicture}\n";
}

}  // namespace eq::widgets
