#pragma once

#include <string>
#include <vector>

namespace eq::study {

/// A number to so few digits that it costs little and is a hundredth of a unit exact.
std::string unit(double value);

enum class Anchor { start, middle, end };
/// \param name of the class that colours it: text or faint.
std::string svgLabel(double x, double y, const std::string& text, Anchor anchor = Anchor::start,
                     const std::string& name = "text", double size = 11);
/// A label along a vertical axis, read upwards, centred at y.
std::string svgUpright(double x, double y, const std::string& text);
/// In the colour `faint`.
std::string svgStroke(double x1, double y1, double x2, double y2);

/// Round numbers, about `count` of them, from `low` to `high`, which are finite and in order.
std::vector<double> roundTicks(double low, double high, int count);

/// The middle of a long text is left out. \param most characters.
std::string withoutMiddle(const std::string& text, std::size_t most);

}  // namespace eq::study
