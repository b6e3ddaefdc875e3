#pragma once

#include <vector>

#include <QString>
#include <QStringList>

#include "widgets/session/run_data.h"

namespace eq::widgets {

/// How what a model records of itself is drawn.
enum class Picture {
  areas,        ///< shares over the steps, one on the other
  lines,        ///< over the steps
  bars,         ///< at one step
  matrix,       ///< a heat map at one step
  masks,        ///< how far those of two tasks overlap, at one step
  curve,        ///< over places or the numbers of a list, at one step
  tree,         ///< the ways of the tasks through copies of the stages, at one step
  architecture  ///< what the model is made of, by owners
};

/// A series that the model of a run records, as its descriptor has it.
struct SharingSeries {
  QString name;  ///< "gate"
  Picture picture = Picture::lines;
  QString label;        ///< what the numbers are
  QStringList axes;     ///< what each dimension counts: "expert"; "task" those of the run
  QString across = {};  ///< what the places of a curve count: "stage"
  bool operator==(const SharingSeries&) const = default;

  /// "Gate", and of a picture beside others of the series which it is: "Mask overlap".
  QString title() const;
};

/// The architecture and the tree, where the run's record has them; the series of which the run has
/// anything, in the order of the model's descriptor; then those that it does not name or name a
/// picture for that is known, drawn as their shape suggests.
std::vector<SharingSeries> recordedSeries(const RunData& data);
/// The tracks of a series in the order of the tasks, the model's behind them, and of their places.
std::vector<const ObservedTrack*> tracksOf(const RunData& data, const SharingSeries& series);

/// Whose and which a track is: "left", "left, 1", "stitch 1".
QString trackName(const RunData& data, const ObservedTrack& track);
/// What stands at an index of a dimension of so many: "expert 2", or the task's name.
QString indexName(const RunData& data, const SharingSeries& series, std::size_t dimension,
                  std::size_t size, std::size_t index);
/// The same of one of all numbers: "left, right" of a matrix; empty of a single number.
QString entryName(const RunData& data, const SharingSeries& series, const ObservedTrack& track,
                  std::size_t entry);

/// "every 10 steps": how the model is observed now.
QString observedText(const RunData& data);
/// What to tell while the run has neither series nor penalties of its model; else empty.
QString sharingHint(const RunData& data);

}  // namespace eq::widgets
