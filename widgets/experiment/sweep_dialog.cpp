#include "widgets/experiment/sweep_dialog.h"

#include <algorithm>
#include <functional>
#include <utility>

#include <QCheckBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QTimer>
#include <QVBoxLayout>

#include "core/study/sweep/sweep_spec.h"
#include "core/train/series_name.h"
#include "widgets/experiment/latest_work.h"
#include "widgets/experiment/sweep_field_row.h"
#include "widgets/parameter_form.h"
#include "widgets/style/choice_box.h"
#include "widgets/style/field_problem.h"
#include "widgets/style/number_boxes.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr std::size_t kMostStaticTasks = 4;  // whose weights are offered: 3^4 combinations

/// `f(series of a task)` of all tasks, joined by a word.
std::string ofAllTasks(const train::Experiment& experiment, const std::string& word,
                       const std::function<std::string(const std::string& task)>& of) {
  std::string text;
  for (const auto& task : experiment.tasks)
    if (task.enabled) text += (text.empty() ? "" : " " + word + " ") + of(task.name);
  return text;
}

}  // namespace

SweepDialog::~SweepDialog() {
  work_->forget();
}

std::string SweepDialog::method() const {
  return study::sweepMethods()[static_cast<std::size_t>(std::max(method_->currentIndex(), 0))];
}

// --- Fields

SweepFieldRow* SweepDialog::addField() {
  auto* row = new SweepFieldRow(choices_, this);
  rowsLayout_->addWidget(row);
  rows_.push_back(row);
  connect(row, &SweepFieldRow::edited, this, &SweepDialog::changed);
  connect(row, &SweepFieldRow::removeRequested, this, [this, row] { removeField(row); });
  return row;
}

void SweepDialog::load(const ordered_json& sweep) {
  const auto& methods = study::sweepMethods();
  const auto place = std::find(methods.begin(), methods.end(), sweep.value("method", "grid"));
  method_->setCurrentIndex(static_cast<int>(place - methods.begin()));
  const json plain = sweep;
  auto& form = *parameters_[static_cast<std::size_t>(method_->currentIndex())];
  auto values = json::object();
  for (const auto* field : form.fields())
    if (plain.contains(field->spec().name)) values[field->spec().name] = plain[field->spec().name];
  form.setValues(values);
  if (plain.contains("metric")) metric_->setValues(plain["metric"]);
  weights_ = plain.value("weights", json());
  dominance_ = plain.value("dominated", json());
  dominated_->setChecked(!dominance_.is_null());
  seeds_->setText(seedsText(plain.value("seeds", json())));
  const auto when = plain.value("when", json::object());
  const auto fields = sweep.value("fields", ordered_json::object());
  for (const auto& [path, field] : fields.items())
    addField()->load(path, json(field), when.value(path, json()));
}

void SweepDialog::removeField(SweepFieldRow* row) {
  std::erase(rows_, row);
  discard(*row);
  changed();
}

void SweepDialog::offerPreferences() {
  const auto& methods = study::sweepMethods();
  method_->setCurrentIndex(
      static_cast<int>(std::find(methods.begin(), methods.end(), "linear") - methods.begin()));
}

/// Beside what stands there: tuned static weights often win.
void SweepDialog::offerStaticWeights() {
  method_->setCurrentIndex(0);
  for (std::size_t k = 1; k < std::min(experiment_.tasks.size(), kMostStaticTasks); ++k) {
    const auto path = "tasks[" + std::to_string(k) + "].weight";
    const bool there = std::any_of(rows_.begin(), rows_.end(),
                                   [&](const auto* row) { return row->path() == path; });
    if (!there) addField()->setField(path, {0.25, 1, 4});
  }
}

void SweepDialog::showMethod() {
  const auto& methods = study::sweepMethods();
  for (std::size_t i = 0; i < parameters_.size(); ++i)
    parameters_[i]->setVisible(methods[i] == method() && !parameters_[i]->fields().empty());
  metric_->setVisible(method() == "asha");
  singleRow_->setVisible(method() == "linear");
  changed();
}

ordered_json SweepDialog::sweep() const {
  ordered_json sweep{{"method", method()}};
  auto fields = ordered_json::object();
  auto when = ordered_json::object();
  for (const auto* row : rows_) {
    if (row->path().empty()) continue;
    fields[row->path()] = row->values();
    if (const auto condition = row->condition(); !condition.is_null())
      when[row->path()] = condition;
  }
  if (!fields.empty() || method() != "linear") sweep["fields"] = fields;
  if (!when.empty()) sweep["when"] = when;
  if (const auto seeds = seedsFrom(seeds_->text()); !seeds.is_null()) sweep["seeds"] = seeds;
  const auto& form = *parameters_[static_cast<std::size_t>(std::max(method_->currentIndex(), 0))];
  for (const auto* field : form.fields())
    if (!field->isDefault() || field->spec().name == "runs")
      sweep[field->spec().name] = field->value();
  if (method() == "asha") sweep["metric"] = metric_->values();
  const bool lattice = sweep.contains("divisions") || sweep.contains("spacing");
  if (method() == "linear" && !weights_.is_null() && !lattice) sweep["weights"] = weights_;
  if (method() != "asha" && dominated_->isChecked())
    sweep["dominated"] = dominance_.is_null() ? json::object() : dominance_;
  return sweep;
}

train::Experiment SweepDialog::stopping() const {
  auto experiment = experiment_;
  const auto stopWhen = [&](const std::string& condition) {
    train::RuleSpec rule;
    rule.when = condition;
    rule.then = {{"kind", "stop"}};
    experiment.rules.push_back(rule);
  };
  if (notFinite_->isChecked())
    stopWhen(ofAllTasks(experiment, "or", [](const std::string& task) {
      return "not_finite(" + train::seriesName({"loss", task}) + ")";
    }));
  if (noBetter_->isChecked())
    stopWhen(ofAllTasks(experiment, "and", [this](const std::string& task) {
      return "no_better(" + train::seriesName({"validation", task, "loss"}) + ", " +
             std::to_string(static_cast<std::int64_t>(patience_->value())) + ")";
    }));
  return experiment;
}

// --- What it stands for

/// Soon, as more may be typed.
void SweepDialog::changed() {
  check_.reset();
  delay_->start();
  showState();
}

void SweepDialog::check() {
  work_->ask([this, experiment = stopping(), sweep = sweep()]() -> LatestWork::Answer {
    const auto found = checkSweep(experiment, sweep);
    return [this, found] { take(found); };
  });
}

/// A problem stands at the field that it names, else below all.
void SweepDialog::take(const SweepCheck& check) {
  check_ = check;
  const auto text = QString::fromStdString(check.problem);
  SweepFieldRow* at = nullptr;
  for (auto* row : rows_) {
    const auto path = QString::fromStdString(row->path());
    const bool named =
        !path.isEmpty() && (text.contains('"' + path + '"') || text.startsWith(path + ':') ||
                            text.startsWith(path + '.'));
    if (named && !at) at = row;
  }
  for (auto* row : rows_) row->setProblem(row == at ? text : QString());
  problem_->setProblem(at ? QString() : text);
  showState();
}

void SweepDialog::showState() {
  const bool fine = check_ && check_->problem.empty() && check_->runs > 0;
  start_->setEnabled(fine && !starting_);
  start_->setText(starting_ ? tr("Starting…") : tr("&Start the sweep"));
  if (!check_)
    count_->setText(tr("Counting…"));
  else if (!check_->problem.empty())
    count_->setText(tr("No runs yet: see what is marked."));
  else if (check_->runs == check_->combinations)
    count_->setText(tr("Makes %1 runs, one a combination.").arg(countText(check_->runs)));
  else
    count_->setText(tr("Makes %1 runs: %2 combinations, each with %3 seeds.")
                        .arg(countText(check_->runs), countText(check_->combinations),
                             countText(check_->runs / check_->combinations)));
}

QString SweepDialog::settle() {
  for (auto* row : rows_)
    if (const auto problem = row->settle(); !problem.isEmpty()) return problem;
  for (auto* box : {workers_, threads_, patience_}) {
    box->settle();
    if (!box->problem().isEmpty())
      return QString("%1: %2").arg(box->accessibleName(), box->problem());
  }
  for (auto* form : findChildren<ParameterForm*>())
    for (auto* field : form->fields()) {
      field->settle();
      if (!field->valid() && form->isVisible()) return field->problem();
    }
  return {};
}

void SweepDialog::start() {
  if (const auto problem = settle(); !problem.isEmpty()) return problem_->setProblem(problem);
  if (!check_ || !check_->problem.empty()) return;
  starting_ = true;
  showState();
  emit startRequested({stopping(), sweep(), name_->text().simplified(),
                       static_cast<std::int64_t>(workers_->value()),
                       static_cast<std::int64_t>(threads_->value()), !goesOn_->isChecked(),
                       method() == "linear" ? single_->text().trimmed().toStdString() : ""});
}

void SweepDialog::refuse(const QString& reason) {
  starting_ = false;
  showState();
  problem_->setProblem(reason);
}

}  // namespace eq::widgets
