#include "core/study/report/chart.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "core/base/number_text.h"
#include "core/base/text.h"
#include "core/study/report/chart_points.h"
#include "core/study/report/svg_text.h"

namespace eq::study {
namespace {

constexpr double kWidth = 640, kHeight = 258;
constexpr double kLeft = 62, kRight = 628, kTop = 28, kBottom = 218;
constexpr std::size_t kLongestLabel = 96;
constexpr std::array kDashes{"", "7 4", "2 3", "8 3 2 3"};

/// Where values lie in the picture.
struct Frame {
  double xLow = 0, xHigh = 1, yLow = 0, yHigh = 1;
  bool logarithmic = false;

  double x(double value) const {
    return kLeft + (kRight - kLeft) * (value - xLow) / (xHigh - xLow);
  }
  double y(double value) const {
    const double place = logarithmic ? std::log10(value) : value;
    return kBottom - (kBottom - kTop) * (place - yLow) / (yHigh - yLow);
  }
  /// What lies beyond the frame, at its edge.
  double clampedY(double value) const {
    if (logarithmic && value <= 0) return kBottom;
    return std::clamp(y(value), kTop, kBottom);
  }
};

struct Range {
  double low = std::numeric_limits<double>::infinity(), high = -low;

  void take(const std::vector<double>& values) {
    for (const double value : values)
      if (std::isfinite(value)) low = std::min(low, value), high = std::max(high, value);
  }
  /// Room for a line that does not end at the frame.
  void widen() {
    if (low > high) low = 0, high = 1;
    const double room = high > low ? 0.04 * (high - low) : std::max(std::abs(low) * 0.1, 0.1);
    low -= room, high += room;
  }
};

/// Intervals of few runs are very wide: they get half of the lines' range on each side.
void takeBands(Range& y, const std::vector<ChartBand>& bands) {
  Range all = y;
  for (const auto& band : bands) all.take(band.low), all.take(band.high);
  const double room = 0.5 * (y.high - y.low);
  y = {std::max(all.low, y.low - room), std::min(all.high, y.high + room)};
}

Frame frameOf(const Chart& chart) {
  Range x, y;
  for (const auto& line : chart.lines) x.take(line.x), y.take(line.y);
  x.take(chart.undrawable);
  Frame frame;
  if (x.low > x.high) x.low = 0, x.high = 1;
  frame.xLow = x.low;
  frame.xHigh = x.high > x.low ? x.high : x.low + 1;
  frame.logarithmic = chart.mayBeLogarithmic && y.low > 0 && y.high >= 100 * y.low;
  if (frame.logarithmic)
    y.low = std::log10(y.low), y.high = std::log10(y.high);
  else
    takeBands(y, chart.bands);
  y.widen();
  frame.yLow = chart.yRange ? chart.yRange->first : y.low;
  frame.yHigh = chart.yRange ? chart.yRange->second : y.high;
  return frame;
}

std::string axes(const Chart& chart, const Frame& frame) {
  std::string out;
  for (const double tick : roundTicks(frame.yLow, frame.yHigh, 5)) {
    if (frame.logarithmic && tick != std::floor(tick)) continue;
    const double value = frame.logarithmic ? std::pow(10, tick) : tick, y = frame.y(value);
    out += svgStroke(kLeft, y, kRight, y) +
           svgLabel(kLeft - 6, y + 4, numberText(value, 4), Anchor::end, "faint");
  }
  for (const double tick : roundTicks(frame.xLow, frame.xHigh, 6))
    out += svgStroke(frame.x(tick), kBottom, frame.x(tick), kBottom + 4) +
           svgLabel(frame.x(tick), kBottom + 17, numberText(tick, 6), Anchor::middle, "faint");
  out += svgStroke(kLeft, kBottom, kRight, kBottom);
  out += svgLabel((kLeft + kRight) / 2, kHeight - 4, chart.xLabel, Anchor::middle);
  const auto label = chart.yLabel + (frame.logarithmic ? " (logarithmic)" : "");
  return out + svgUpright(13, (kTop + kBottom) / 2, label);
}

/// "M1 2L3 4": a path with a gap at every NaN.
std::string strokeOf(const ChartPoints& points, const Frame& frame) {
  std::string path;
  bool joined = false;
  for (std::size_t i = 0; i < points.x.size(); ++i) {
    const bool drawn = std::isfinite(points.y[i]);
    if (drawn)
      path += fmt::format("{}{} {}", joined ? 'L' : 'M', unit(frame.x(points.x[i])),
                          unit(frame.y(points.y[i])));
    const bool alone =
        drawn && !joined && (i + 1 == points.x.size() || !std::isfinite(points.y[i + 1]));
    if (alone) path += "h0.01";  // a dot, by its round ends
    joined = drawn;
  }
  return path;
}

std::string dataOf(const ChartPoints& points) {
  std::string x, y;
  for (std::size_t i = 0; i < points.x.size(); ++i) {
    if (!std::isfinite(points.y[i])) continue;
    x += (x.empty() ? "" : " ") + numberText(points.x[i], 7);
    y += (y.empty() ? "" : " ") + numberText(points.y[i], 6);
  }
  return fmt::format(R"( data-x="{}" data-y="{}")", x, y);
}

std::string lineOf(const ChartLine& line, const Frame& frame) {
  const auto points = chartPoints(line.x, line.y);
  const auto dash = kDashes[static_cast<std::size_t>(line.colour / kChartColours) % kDashes.size()];
  return fmt::format(
      R"(<path class="c{}" d="{}" fill="none" stroke="{}" stroke-width="{}" stroke-linecap="round")"
      R"( stroke-linejoin="round"{}{}{}><title>{}</title></path>)",
      line.colour % kChartColours, strokeOf(points, frame), chartColour(line.colour, false),
      line.pale ? "0.7" : "1.5", line.pale ? R"( stroke-opacity="0.35")" : "",
      *dash ? fmt::format(R"( stroke-dasharray="{}")", dash) : std::string(),
      line.pale ? std::string() : dataOf(points), escaped(line.name));
}

std::string edgeOf(const ChartPoints& edge, const Frame& frame, bool backwards) {
  std::string out;
  const auto size = edge.x.size();
  for (std::size_t i = 0; i < size; ++i) {
    const auto row = backwards ? size - 1 - i : i;
    out += fmt::format("{} {} ", unit(frame.x(edge.x[row])), unit(frame.clampedY(edge.y[row])));
  }
  return out;
}

/// An area for each stretch over which both edges are numbers.
std::string areasOf(const ChartBand& band, const Frame& frame) {
  std::string out;
  ChartBand part;
  const auto finish = [&] {
    if (part.x.size() > 1)
      out += fmt::format(
          R"(<polygon class="f{}" points="{}{}" fill="{}" fill-opacity="0.18"/>)",
          band.colour % kChartColours, edgeOf(chartPoints(part.x, part.high), frame, false),
          edgeOf(chartPoints(part.x, part.low), frame, true), chartColour(band.colour, false));
    part = {};
  };
  for (std::size_t i = 0; i < band.x.size(); ++i) {
    const bool drawn = std::isfinite(band.low[i]) && std::isfinite(band.high[i]);
    if (!drawn) {
      finish();
      continue;
    }
    part.x.push_back(band.x[i]);
    part.low.push_back(band.low[i]);
    part.high.push_back(band.high[i]);
  }
  finish();
  return out;
}

std::string marks(const Chart& chart, const Frame& frame) {
  std::string out;
  for (const double value : chart.undrawable)
    out += fmt::format(
        R"(<path class="alarm" d="M{} {}l4 7h-8z" fill="#c4122f"><title>not finite: {}</title></path>)",
        unit(frame.x(value)), unit(kBottom - 8), numberText(value, 7));
  return out;
}

}  // namespace

std::string chartColour(int index, bool dark) {
  static constexpr std::array<const char*, kChartColours> kLight{
      "#0072b2", "#d55e00", "#00875f", "#b8578f", "#b87900", "#2b8fc4", "#8a8000", "#4d4d4d"};
  static constexpr std::array<const char*, kChartColours> kDark{
      "#4aa8e8", "#ff8a3d", "#1fc49a", "#e08fc0", "#e69f00", "#8ad0f5", "#f0e442", "#c8c8c8"};
  return (dark ? kDark : kLight)[static_cast<std::size_t>(index % kChartColours)];
}

std::string svgOf(const Chart& chart) {
  const auto frame = frameOf(chart);
  std::string out = fmt::format(
      R"(<svg class="chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {1}" width="{0}" )"
      R"(height="{1}" font-family="sans-serif" role="img" aria-label="{2}" data-left="{3}" )"
      R"(data-right="{4}" data-top="{5}" data-bottom="{6}" data-low="{7}" data-high="{8}" )"
      R"(data-unit="{9}">)",
      kWidth, kHeight, escaped(chart.title), kLeft, kRight, kTop, kBottom, numberText(frame.xLow),
      numberText(frame.xHigh), escaped(chart.xLabel));
  out += svgLabel(4, 14, withoutMiddle(chart.title, kLongestLabel), Anchor::start, "text", 13);
  out += axes(chart, frame);
  for (const auto& band : chart.bands) out += areasOf(band, frame);
  for (const auto& line : chart.lines) out += lineOf(line, frame);
  return out + marks(chart, frame) + "</svg>";
}

std::string pointsInWords(const Chart& chart) {
  std::size_t drawn = 0, all = 0;
  for (const auto& line : chart.lines) {
    drawn += chartPoints(line.x, line.y).x.size();
    all += line.x.size();
  }
  return drawn == all ? "" : fmt::format("{} of {} points drawn", drawn, all);
}

std::string svgOf(const std::vector<LegendEntry>& legend) {
  constexpr double kRow = 16;
  std::string out;
  double y = 12;
  for (const auto& entry : legend) {
    const auto dash =
        kDashes[static_cast<std::size_t>(entry.colour / kChartColours) % kDashes.size()];
    out += fmt::format(
        R"(<path class="c{}" d="M8 {}h26" fill="none" stroke="{}" stroke-width="2.5"{}/>)",
        entry.colour % kChartColours, unit(y - 4), chartColour(entry.colour, false),
        *dash ? fmt::format(R"( stroke-dasharray="{}")", dash) : std::string());
    out += "<g><title>" + escaped(entry.name) + "</title>" +
           svgLabel(42, y, withoutMiddle(entry.name, kLongestLabel)) + "</g>";
    y += kRow;
  }
  return fmt::format(
             R"(<svg class="legend" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {1}" )"
             R"(width="{0}" height="{1}" font-family="sans-serif" role="img" aria-label="Legend">)",
             kWidth, unit(y)) +
         out + "</svg>";
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : printable(text)) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else if (c == '\'')
      out += "&#39;";
    else if (static_cast<unsigned char>(c) < 32 && c != '\n' && c != '\t')
      out += ' ';  // XML has no such character
    else
      out += c;
  }
  return out;
}

}  // namespace eq::study
