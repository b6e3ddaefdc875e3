#include "widgets/plots/figure_data.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include <fmt/core.h>

#include "widgets/style/plain_text.h"

namespace eq::widgets {
namespace {

constexpr std::size_t kTexPoints = 2000;  // that TeX draws quickly

std::string numberText(double value) {
  if (std::isnan(value)) return "nan";
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}

std::string quoted(const QString& name) {
  if (!name.contains(',') && !name.contains('"') && !name.contains('\n') && !name.contains('\r'))
    return name.toStdString();
  return "\"" + QString(name).replace("\"", "\"\"").toStdString() + "\"";
}

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

std::string plotText(const Series& series, bool legend) {
  const QColor colour = taskColour(Theme::light, series.colour);
  std::string out =
      fmt::format("\\addplot[color={{rgb,255:red,{};green,{};blue,{}}}, {}", colour.red(),
                  colour.green(), colour.blue(), dashText(taskLineStyle(series.colour)));
  if (series.x.size() > kTexPoints)
    out += fmt::format(", each nth point={}", (series.x.size() + kTexPoints - 1) / kTexPoints);
  out += "] table {\n";
  for (std::size_t i = 0; i < series.x.size(); ++i)
    out += numberText(series.x[i]) + " " + numberText(series.y[i]) + "\n";
  out += "};\n";
  if (legend) out += fmt::format("\\addlegendentry{{{}}}\n", texText(series.name));
  return out;
}

}  // namespace

std::string csvText(const std::vector<Series>& series) {
  std::string out = series.empty() ? "x" : quoted(series.front().xName);
  for (const Series& one : series) out += "," + quoted(one.name);
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
  for (const Series& one : series) out += plotText(one, axis.legend);
  return out + "\\end{axis}\n\\end{tikzpicture}\n";
}

}  // namespace eq::widgets
