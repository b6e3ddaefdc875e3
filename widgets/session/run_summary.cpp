#include "widgets/session/run_summary.h"

#include <array>
#include <cmath>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <QCoreApplication>
#include <QStringList>

#include "core/base/error.h"
#include "core/base/number_text.h"
#include "core/run/run_values.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

constexpr const char* kContext = "RunSummary";
constexpr std::array<const char*, 2> kSplits{"validation", "test"};

QString translated(const char* text) {
  return QCoreApplication::translate(kContext, text);
}

QString rounded(double value) {
  return QString::fromStdString(numberText(value, 4));
}

template <typename Map>
const auto* find(const Map& map, const std::string& key) {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : &found->second;
}

/// The entry of a task, split and metric; null without one.
template <typename Nested>
const auto* entryOf(const Nested& values, const std::string& task, const std::string& split,
                    const std::string& metric) {
  const auto* splits = find(values, task);
  const auto* metrics = splits ? find(*splits, split) : nullptr;
  return metrics ? find(*metrics, metric) : nullptr;
}

/// The newest evaluations of a run.
struct Newest {
  std::vector<std::string> tasks;
  run::Values values;
  run::Intervals intervals;
};

QString cellText(const Newest& newest, const std::string& task, const std::string& split,
                 const std::string& metric) {
  const double* value = entryOf(newest.values, task, split, metric);
  if (!value) return "<td></td>";
  QString text = rounded(*value);
  if (const auto* interval = entryOf(newest.intervals, task, split, metric))
    text += QString(" [%1, %2]").arg(rounded(interval->low), rounded(interval->high));
  return "<td>" + text + "&nbsp;&nbsp;</td>";
}

/// A row a metric of each task; empty before the first evaluation.
QString table(const Newest& newest) {
  QString rows;
  for (const auto& task : newest.tasks) {
    std::set<std::string> metrics;
    for (const char* split : kSplits)
      if (const auto* splits = find(newest.values, task))
        if (const auto* values = find(*splits, split))
          for (const auto& [metric, value] : *values) metrics.insert(metric);
    for (const auto& metric : metrics) {
      rows += "<tr><td>" + shownName(task + " " + metric).toHtmlEscaped() + "&nbsp;&nbsp;</td>";
      for (const char* split : kSplits) rows += cellText(newest, task, split, metric);
      rows += "</tr>";
    }
  }
  if (rows.isEmpty()) return {};
  return "<table><tr><td></td><td>" + translated("validation") + "</td><td>" + translated("test") +
         "</td></tr>" + rows + "</table>";
}

std::optional<metric::Interval> anyInterval(const run::Intervals& intervals) {
  for (const auto& [task, splits] : intervals)
    for (const auto& [split, metrics] : splits)
      if (!metrics.empty()) return metrics.begin()->second;
  return std::nullopt;
}

QString valuesText(const run::RunInfo& run) {
  try {
    const run::RunReader reader(run.folder);
    const auto evaluations = reader.newestEvaluations();
    Newest newest{reader.tasks(), {}, {}};
    newest.values = run::finalValues(evaluations, newest.tasks);
    newest.intervals = run::finalIntervals(evaluations, newest.tasks);
    QString text = table(newest);
    if (const auto interval = anyInterval(newest.intervals))
      text += translated("[...]: ") + bootstrapText(*interval);
    return text;
  } catch (const Error&) {
    return {};
  }
}

}  // namespace

QString bootstrapText(const metric::Interval& interval) {
  return translated("%1 % bootstrap over examples, %2 resamples")
      .arg(100 * interval.confidence, 0, 'g', 4)
      .arg(countText(interval.resamples));
}

QString runSummary(const run::RunInfo& run) {
  QStringList parts;
  if (!run.message.empty()) parts << shownName(run.message).toHtmlEscaped();
  if (const QString values = valuesText(run); !values.isEmpty()) parts << values;
  parts << shownName(run.folder.string()).toHtmlEscaped();
  return "<qt>" + parts.join("<br>") + "</qt>";
}

}  // namespace eq::widgets
