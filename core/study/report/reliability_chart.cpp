#include <algorithm>

#include <fmt/format.h>

#include "core/base/number_text.h"
#include "core/study/report/chart.h"
#include "core/study/report/svg_text.h"

namespace eq::study {
namespace {

constexpr double kSide = 300;
constexpr double kPlotLeft = 44, kPlotRight = 290, kPlotTop = 38, kPlotBottom = 196;
constexpr double kCountTop = 204, kCountBottom = 252;

double across(double share) {
  return kPlotLeft + (kPlotRight - kPlotLeft) * share;
}
double upwards(double share) {
  return kPlotBottom - (kPlotBottom - kPlotTop) * share;
}

std::string barOf(const metric::ReliabilityBin& bin, double low, double high, double most,
                  int colour) {
  const auto tip = fmt::format("confidence {} to {}: {} of {} right = {}, mean confidence {}",
                               numberText(low, 3), numberText(high, 3), numberText(bin.right, 9),
                               numberText(bin.count, 9), numberText(bin.accuracy(), 4),
                               numberText(bin.meanConfidence(), 4));
  const double left = across(low) + 0.5, width = across(high) - across(low) - 1;
  const double top = upwards(bin.accuracy());
  const double height = (kCountBottom - kCountTop) * bin.count / most;
  return fmt::format(
      R"(<g><title>{}</title><rect class="f{}" x="{}" y="{}" width="{}" height="{}" fill="{}" )"
      R"(fill-opacity="0.55"/><circle class="f{}" cx="{}" cy="{}" r="3" fill="{}"/>)"
      R"(<rect class="count" x="{}" y="{}" width="{}" height="{}" fill="#8c959f"/></g>)",
      escaped(tip), colour % kChartColours, unit(left), unit(top), unit(width),
      unit(kPlotBottom - top), chartColour(colour, false), colour % kChartColours,
      unit(across(bin.meanConfidence())), unit(top), chartColour(colour, false), unit(left),
      unit(kCountBottom - height), unit(width), unit(height));
}

std::string grid() {
  std::string out;
  for (const double share : {0.0, 0.25, 0.5, 0.75, 1.0})
    out += svgStroke(kPlotLeft, upwards(share), kPlotRight, upwards(share)) +
           svgLabel(kPlotLeft - 5, upwards(share) + 4, numberText(share, 3), Anchor::end, "faint",
                    10) +
           svgLabel(across(share), kCountBottom + 13, numberText(share, 3), Anchor::middle, "faint",
                    10);
  out += svgStroke(kPlotLeft, kCountBottom, kPlotRight, kCountBottom);
  out += fmt::format(
      R"(<path class="faintline" d="M{} {}L{} {}" fill="none" stroke="#57606a" stroke-dasharray="5 4"/>)",
      unit(across(0)), unit(upwards(0)), unit(across(1)), unit(upwards(1)));
  out += svgUpright(10, (kPlotTop + kPlotBottom) / 2, "Accuracy");
  return out + svgLabel((kPlotLeft + kPlotRight) / 2, kCountBottom + 28,
                        "Confidence (below: examples)", Anchor::middle);
}

}  // namespace

std::string svgOf(const ReliabilityChart& chart) {
  constexpr std::size_t kLongestTitle = 44;
  std::string out = fmt::format(
      R"(<svg class="reliability" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {0}" )"
      R"(width="{0}" height="{0}" font-family="sans-serif" role="img" aria-label="{1}">)",
      kSide, escaped(chart.title));
  out += "<g><title>" + escaped(chart.title) + "</title>" +
         svgLabel(4, 13, withoutMiddle(chart.title, kLongestTitle), Anchor::start, "text", 12) +
         "</g>" + svgLabel(4, 28, chart.subtitle, Anchor::start, "faint") + grid();
  double most = 1;
  for (const auto& bin : chart.bins) most = std::max(most, bin.count);
  const auto count = static_cast<double>(chart.bins.size());
  for (std::size_t i = 0; i < chart.bins.size(); ++i)
    if (chart.bins[i].count > 0)
      out += barOf(chart.bins[i], static_cast<double>(i) / count,
                   static_cast<double>(i + 1) / count, most, chart.colour);
  return out + "</svg>";
}

}  // namespace eq::study
