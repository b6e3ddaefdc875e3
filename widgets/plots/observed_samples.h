#pragma once

#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include <QStringList>

#include "widgets/plots/plot_panel.h"
#include "widgets/plots/sharing_series.h"

class QComboBox;

namespace eq::widgets {

/// A series of what the model records of itself, step by step. Its tracks stand on sheets: a matrix
/// alone, lists of one length (or single numbers) as the rows of one. A step is a sample where any
/// track of the sheet has it; the others are NaN there.
class ObservedSamples {
 public:
  explicit ObservedSamples(SharingSeries series) : series_(std::move(series)) {}

  const SharingSeries& series() const { return series_; }
  /// Forgets everything.
  void restart();
  /// Adds what the run has recorded since. \param box offers the sheets; seen where there are
  /// several.
  void grow(const RunData& data, QComboBox& box);
  /// Turns to another sheet with the next grow().
  void choose(int sheet);

  // Of the sheet that is chosen:
  int count() const { return static_cast<int>(steps_.size()); }
  std::int64_t stepOf(int sample) const;
  QStringList rowNames(const RunData& data) const;
  QStringList columnNames(const RunData& data) const;
  double value(int sample, int row, int column) const;
  /// Of every finite number of every step so far; least above most without any.
  double least() const { return least_; }
  double most() const { return most_; }
  /// Whose a row is, for its colour: the task's, or the row's number.
  int colourOf(int row) const;
  /// "step 40 (4 of 9), every 10 steps".
  QString remark(const RunData& data, int sample) const;

  /// Every number of every track over its steps.
  std::vector<Series> allSeries(const RunData& data, XUnit unit) const;

 private:
  using Tracks = std::vector<const ObservedTrack*>;
  /// Where the numbers of a row begin.
  struct Row {
    const ObservedTrack* track;
    std::size_t first;
  };
  Row rowAt(int row) const;
  std::size_t width() const;
  void findSheets(const RunData& data);
  void offerSheets(const RunData& data, QComboBox& box) const;
  void take(std::size_t track);

  const SharingSeries series_;
  std::vector<Tracks> sheets_;
  std::size_t sheet_ = 0;
  Column steps_;                    ///< in order
  std::vector<std::size_t> taken_;  ///< rows of each track of the sheet
  double least_ = std::numeric_limits<double>::infinity(), most_ = -least_;
};

}  // namespace eq::widgets
