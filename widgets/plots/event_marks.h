#pragma once

#include <array>
#include <cstddef>

#include <QString>

#include "widgets/plots/pane_axes.h"
#include "widgets/plots/plot_panel.h"
#include "widgets/session/run_data.h"

class QCPGraph;

namespace eq::widgets {

/// Vertical lines where something happened: whole for commands and notes, red for non-finite values
/// and failures, a short tick for checkpoints. On the layer "events", which has a buffer of its
/// own.
class EventMarks {
 public:
  explicit EventMarks(const PaneAxes& axes);
  ~EventMarks();
  EventMarks(const EventMarks&) = delete;
  EventMarks& operator=(const EventMarks&) = delete;

  /// Adds the events that came since.
  void grow(const RunData& data, XUnit unit);
  void clear();
  void restyle(const PlotStyle& style);
  std::size_t size() const { return count_; }

  /// The texts of the events within `distance` of x, one a line; empty without any.
  static QString textsNear(const RunData& data, XUnit unit, double x, double distance);

 private:
  enum Kind { kCommand, kAlarm, kTick, kKinds };
  static Kind kindOf(const train::EventRecord& event);

  std::array<QCPGraph*, kKinds> graphs_{};
  std::size_t count_ = 0;
};

}  // namespace eq::widgets
