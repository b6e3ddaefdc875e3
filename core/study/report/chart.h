#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/metric/classes/class_report.h"

namespace eq::study {

/// The colours of curves, by run or group: the first set of the window's, for all eyes.
constexpr int kChartColours = 8;
/// "#0072b2". \param dark on a dark ground.
std::string chartColour(int index, bool dark);

/// What a report draws: vector graphics without a script, a font or a file of its own. A page can
/// give the classes text, faint, alarm, cN (strokes) and fN (areas) other colours.
struct ChartLine {
  std::string name;
  int colour = 0;
  std::vector<double> x, y;  ///< y NaN: a gap
  bool pale = false;         ///< a member of a group: thin, without values on hover
};

struct ChartBand {
  int colour = 0;
  std::vector<double> x, low, high;  ///< a gap where one is NaN
};

struct Chart {
  std::string title, xLabel, yLabel;
  std::vector<ChartLine> lines;
  std::vector<ChartBand> bands;
  std::vector<double> undrawable;  ///< where a value was NaN or infinite: marked at the bottom
  std::optional<std::pair<double, double>> yRange = std::nullopt;  ///< else that of the values
  bool mayBeLogarithmic = false;  ///< where positive values span two decades or more
};

/// 640 x 258 units. Of a line with very many points the first, least, greatest and last of each
/// stretch; a polyline has what it draws as lists in data-x and data-y besides.
std::string svgOf(const Chart& chart);
/// How many points of how many the lines of a chart draw; empty: all.
std::string pointsInWords(const Chart& chart);

/// A reliability diagram: how often the predicted class was right, over its probability.
struct ReliabilityChart {
  std::string title, subtitle;
  int colour = 0;
  std::vector<metric::ReliabilityBin> bins;
};
/// 300 x 300 units.
std::string svgOf(const ReliabilityChart& chart);

struct LegendEntry {
  std::string name;
  int colour = 0;
};
/// One line an entry, as wide as a chart.
std::string svgOf(const std::vector<LegendEntry>& legend);

/// Text in XML and HTML, also between quotes: UTF-8 without control characters.
std::string escaped(const std::string& text);

}  // namespace eq::study
