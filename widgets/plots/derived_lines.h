#pragma once

#include <map>
#include <memory>
#include <tuple>
#include <vector>

#include <QElapsedTimer>
#include <QString>

#include "core/study/band.h"
#include "widgets/plots/plot_line.h"
#include "widgets/plots/plot_link.h"
#include "widgets/session/shown_runs.h"

namespace eq::widgets {

/// What is made from the recorded lines of several runs: the centres and bands of groups, and
/// differences to the baseline. The numbers are those of core/study over all points, aligned by
/// step; where lines grow quickly, they are made anew now and then.
class DerivedLines {
 public:
  /// \param lines of all runs, as recorded; `groups` and `baseline` as ShownRuns has them.
  std::vector<LineSpec> derive(const std::vector<LineSpec>& lines, const ShownRuns& shown,
                               const GroupStyle& style);
  /// Other runs, or another baseline.
  void forget() { made_.clear(); }
  /// Whether some were left as they were for the time being.
  bool isBehind() const { return behind_; }

 private:
  using Columns = std::shared_ptr<const MadeColumns>;
  /// What is made, of which group or run: a group by its number, a run by its data.
  using Key = std::tuple<int, int, const void*, int, QString, int>;
  struct Made {
    std::vector<std::pair<const void*, std::size_t>> inputs;  ///< with their lengths
    Columns columns;
    QElapsedTimer age;
    qint64 cost = 0;  ///< ms
    bool used = true;
  };
  enum Kind { kBand, kBase, kDifference };

  std::vector<LineSpec> differences(const std::vector<LineSpec>& lines, const ShownRuns& shown);
  std::vector<LineSpec> grouped(const std::vector<LineSpec>& lines, const ShownRuns& shown);
  Columns bandOf(Kind kind, int group, const std::vector<const LineSpec*>& members);
  template <class Make>
  Columns made(const Key& key, const std::vector<const LineSpec*>& inputs, Make make);

  std::map<Key, Made> made_;
  GroupStyle style_;
  bool behind_ = false;
};

}  // namespace eq::widgets
