#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include <QString>

namespace eq::widgets {

using Column = std::vector<double>;

/// What the horizontal axis counts.
enum class XUnit { step, epoch, examples, seconds };
inline constexpr std::array kXUnits{XUnit::step, XUnit::epoch, XUnit::examples, XUnit::seconds};
QString toText(XUnit unit);  ///< "Step", "Epoch", "Examples", "Wall time (s)"

/// One position, counted in every unit.
using XPosition = std::array<double, kXUnits.size()>;

/// The same positions counted in every unit.
class XColumns {
 public:
  const Column& in(XUnit unit) const { return columns_[static_cast<std::size_t>(unit)]; }
  void add(const XPosition& position);

 private:
  std::array<Column, kXUnits.size()> columns_;
};

/// One number over time.
struct Track {
  XColumns x;
  Column y;
};

}  // namespace eq::widgets
