#include "core/study/report/svg_text.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/study/report/chart.h"

namespace eq::study {
namespace {

/// Of the light ground; a page may recolour the classes.
const char* inkOf(const std::string& name) {
  return name == "faint" ? "#57606a" : "#1f2328";
}

}  // namespace

std::string unit(double value) {
  const std::string text = fmt::format("{:.2f}", value);
  const auto last = text.find_last_not_of('0');
  return text.substr(0, text[last] == '.' ? last : last + 1);
}

std::string svgLabel(double x, double y, const std::string& text, Anchor anchor,
                     const std::string& name, double size) {
  static constexpr std::array kAnchors{"start", "middle", "end"};
  return fmt::format(
      R"(<text class="{}" x="{}" y="{}" fill="{}" font-size="{}" text-anchor="{}">{}</text>)", name,
      unit(x), unit(y), inkOf(name), unit(size), kAnchors[static_cast<std::size_t>(anchor)],
      escaped(text));
}

std::string svgUpright(double x, double y, const std::string& text) {
  return fmt::format(R"svg(<g transform="rotate(-90 {0} {1})">{2}</g>)svg", unit(x), unit(y),
                     svgLabel(x, y, text, Anchor::middle));
}

std::string svgStroke(double x1, double y1, double x2, double y2) {
  return fmt::format(
      R"(<line class="grid" x1="{}" y1="{}" x2="{}" y2="{}" stroke="#d5d9de" stroke-width="1"/>)",
      unit(x1), unit(y1), unit(x2), unit(y2));
}

std::vector<double> roundTicks(double low, double high, int count) {
  const double rough = (high - low) / count;
  if (!(rough > 0)) return {low};
  const double decade = std::pow(10, std::floor(std::log10(rough)));
  const double share = rough / decade;
  const double step = decade * (share <= 1 ? 1 : share <= 2 ? 2 : share <= 5 ? 5 : 10);
  std::vector<double> ticks;
  const double first = std::ceil(low / step - 1e-9);
  for (int i = 0; i <= 2 * count; ++i) {
    const double tick = (first + i) * step;
    if (tick > high + 1e-9 * step) break;
    ticks.push_back(tick);
  }
  return ticks;
}

std::string withoutMiddle(const std::string& text, std::size_t most) {
  const std::string shown = printable(text);
  if (shown.size() <= most) return shown;
  const auto begin = cutAt(shown, most / 2);
  std::size_t rest = shown.size() - (most - most / 2);
  while (rest < shown.size() && (static_cast<unsigned char>(shown[rest]) & 0xC0) == 0x80) ++rest;
  return std::string(begin) + "…" + shown.substr(rest);
}

}  // namespace eq::study
