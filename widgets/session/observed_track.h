#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include <QString>

#include "core/train/records.h"
#include "widgets/session/columns.h"

namespace eq::widgets {

/// What a model recorded of itself under one name, of one task and place, at the steps at which it
/// was observed: all of them, as of everything that is sampled.
struct ObservedTrack {
  QString name;                     ///< as the model's descriptor names the series: "gate"
  int task = -1;                    ///< whose it is; -1: the model's
  QString place;                    ///< which of several with that name; else empty
  std::vector<std::int64_t> shape;  ///< none: one number
  XColumns x;
  std::vector<Column> entries;  ///< [entry][row] the numbers of the shape, row by row

  /// Whether it goes on with a record. Another shape begins a track of its own.
  bool takes(const train::ObservationRecord& record) const;
};

/// Adds a record to the track that it belongs to, or begins that.
void append(std::deque<ObservedTrack>& tracks, const train::ObservationRecord& record,
            const XPosition& position);

}  // namespace eq::widgets
