#include "widgets/study/comparison_view.h"

#include <algorithm>

#include <QCoreApplication>

#include "core/base/error.h"
#include "core/run/run_values.h"
#include "core/study/comparison_text.h"
#include "widgets/session/experiment_fields.h"
#include "widgets/session/run_names.h"
#include "widgets/style/plain_text.h"

namespace eq::widgets {
namespace {

QString inComparison(const char* text) {
  return QCoreApplication::translate("Comparison", text);
}

QString arrowOf(run::Better better) {
  if (better == run::Better::unknown) return {};
  return better == run::Better::higher ? " ↑" : " ↓";
}

QStringList namesOfRuns(const std::vector<study::ComparedRun>& runs) {
  std::vector<NamedRun> named;
  for (const auto& run : runs) named.push_back({run::RunReader(run.folder).info(), run.complete});
  return distinctNames(named);
}

bool hasValues(const study::Comparison& comparison) {
  return std::any_of(comparison.groups.begin(), comparison.groups.end(),
                     [](const auto& group) { return !group.metrics.empty(); });
}

void readSingles(ComparisonView& view, const ComparisonQuestion& question) {
  if (question.single.empty()) return;
  try {
    view.runs.single = study::readSingleRuns(question.single, view.runs.runs, question.choice);
  } catch (const Error& error) {
    view.remarks.push_back(error.what());
  }
}

}  // namespace

ComparisonPtr readComparison(const ComparisonQuestion& question,
                             const NewestWork::Progress& progress) {
  auto view = std::make_shared<ComparisonView>();
  const auto before = [&](std::size_t done, std::size_t all) {
    if (!progress(static_cast<int>(done), static_cast<int>(all))) fail("not wanted any more");
  };
  view->runs = study::readComparisonRuns(question.folders, {}, question.choice, before);
  readSingles(*view, question);
  view->names = namesOfRuns(view->runs.runs);
  view->fields = study::differingFields(view->runs.runs);
  view->comparison =
      study::compare(view->runs.runs, view->runs.single, {question.by, {}, question.pinned});
  for (auto& warning : study::warningsOf(view->runs, view->comparison))
    view->remarks.push_back(std::move(warning));
  if (!hasValues(view->comparison))
    view->remarks.push_back(
        fmt::format("no run was evaluated on the {} split", toText(question.choice.split)));
  return view;
}

QString groupTitle(const study::Comparison& comparison, std::size_t group) {
  QStringList texts;
  for (const auto& [path, value] : comparison.groups[group].fields) texts << fieldText(path, value);
  return QString("%1: %2").arg(QString::fromStdString(study::groupLetter(group)),
                               texts.isEmpty() ? inComparison("all runs") : texts.join(", "));
}

QString metricTitle(const study::Comparison& comparison, const std::string& task,
                    const std::string& metric) {
  return QString("%1 %2%3").arg(
      shortName(QString::fromStdString(task), kNameInBox),
      QString::fromStdString(metric).replace('_', ' '),
      comparison.isComparable(task, metric) ? arrowOf(run::betterOf(metric)) : QString());
}

}  // namespace eq::widgets
