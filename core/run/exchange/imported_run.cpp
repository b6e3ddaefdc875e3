#include "core/run/exchange/imported_run.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include <fmt/format.h>

#include "core/base/error.h"
#include "core/run/atomic_file.h"
#include "core/run/run_folder.h"
#include "core/run/run_start.h"
#include "core/run/runner_state.h"

namespace eq::run {
namespace {

using nlohmann::json;

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kMostImportedTasks = 4096;
constexpr std::size_t kNamedLeftOut = 5;

/// Sorts values into the rows of a run.
class RecordBuilder {
 public:
  explicit RecordBuilder(const ImportedRun& run) : run_(run) {
    for (const auto& scalar : run.scalars) {
      if (begun_ == 0 || (scalar.wallTime > 0 && scalar.wallTime < begun_))
        begun_ = scalar.wallTime;
      places_.try_emplace(scalar.tag, placeOfSeries(scalar.tag));
    }
    const bool own = std::any_of(places_.begin(), places_.end(), [](const auto& one) {
      return one.second.kind != SeriesPlace::Kind::evaluation && one.second.parts.size() > 1;
    });
    std::map<std::vector<std::string>, std::string> taken;
    for (auto& [tag, found] : places_) {
      place(tag, found, own);
      if (found.kind == SeriesPlace::Kind::unknown) continue;
      const auto [first, isNew] = taken.try_emplace(found.parts, tag);
      if (isNew) continue;
      found.kind = SeriesPlace::Kind::unknown;
      leftOut_.push_back(fmt::format("{} (it would stand where {} does)", tag, first->second));
    }
  }

  Records build() {
    for (const auto& scalar : run_.scalars) add(scalar);
    Records records;
    for (auto& [step, record] : steps_) records.steps.push_back(std::move(record));
    for (auto& [key, record] : evaluations_) records.evaluations.push_back(std::move(record));
    std::stable_sort(records.evaluations.begin(), records.evaluations.end(),
                     [](const auto& a, const auto& b) { return a.step < b.step; });
    return records;
  }

  std::vector<TaskInfo> tasks() const {
    std::vector<TaskInfo> tasks(names_.size());
    for (const auto& [name, index] : names_) {
      tasks[index].name = name;
      tasks[index].kind = TaskKind::regression;
    }
    return tasks;
  }
  const std::vector<std::string>& leftOut() const { return leftOut_; }
  /// Series of which a later value took the place of another at the same step: "loss (1 value
  /// replaced)".
  std::vector<std::string> replaced() const {
    std::vector<std::string> out;
    for (const auto& [tag, count] : replaced_)
      out.push_back(
          fmt::format("{} ({} {} replaced)", tag, count, count == 1 ? "value" : "values"));
    return out;
  }
  std::int64_t lastStep() const { return lastStep_; }

 private:
  /// \param own whether it is a run of this program, which has losses of steps; where another
  /// program says `epoch` or `learning_rate`, there are no losses for it to stand beside.
  void place(const std::string& tag, SeriesPlace& found, bool own) {
    if (!own && found.kind != SeriesPlace::Kind::evaluation)
      found = {SeriesPlace::Kind::evaluation, {"train", "all", tag}};
    if (found.kind == SeriesPlace::Kind::unknown) return leftOut_.push_back(tag);
    const auto& parts = found.parts;
    if (found.kind == SeriesPlace::Kind::evaluation || parts.size() == 2) addTask(parts[1]);
    if (parts[0] == "cosine") addTask(parts[1]), addTask(parts[2]);
  }

  void addTask(const std::string& name) {
    if (names_.size() < kMostImportedTasks) names_.try_emplace(name, names_.size());
    if (!names_.contains(name))
      fail("{}: has more than {} groups of series; name fewer files", run_.place.string(),
           kMostImportedTasks);
  }

  double secondsOf(const ScalarEvent& scalar) const {
    return scalar.wallTime > 0 ? scalar.wallTime - begun_ : 0;
  }

  train::StepRecord& stepOf(const ScalarEvent& scalar) {
    auto [found, isNew] = steps_.try_emplace(scalar.step);
    auto& record = found->second;
    if (isNew) {
      record.step = scalar.step;
      record.seconds = secondsOf(scalar);
      record.losses.assign(names_.size(), kMissing);
      record.weights.assign(names_.size(), 0);
    }
    return record;
  }

  train::ConflictRecord& conflictOf(const ScalarEvent& scalar) {
    auto& conflict = stepOf(scalar).conflict;
    if (conflict) return *conflict;
    conflict.emplace();
    conflict->norms.assign(names_.size(), kMissing);
    conflict->cosines.assign(names_.size() * names_.size(), kMissing);
    conflict->conditionNumber = conflict->sumNorm = conflict->updateNorm = kMissing;
    return *conflict;
  }

  void addStep(const std::vector<std::string>& parts, const ScalarEvent& scalar) {
    auto& record = stepOf(scalar);
    if (parts[0] == "loss") record.losses[names_.at(parts[1])] = scalar.value;
    if (parts[0] == "weight") record.weights[names_.at(parts[1])] = scalar.value;
    if (parts[0] == "learning_rate") record.learningRate = scalar.value;
    if (parts[0] == "epoch") record.epoch = scalar.value;
    if (parts[0] == "seconds") record.seconds = scalar.value;
    if (parts[0] == "examples" && std::abs(scalar.value) < 9e15)
      record.examples = static_cast<std::int64_t>(scalar.value);
  }

  void addSampled(const std::vector<std::string>& parts, const ScalarEvent& scalar) {
    auto& conflict = conflictOf(scalar);
    if (parts[0] == "norm") conflict.norms[names_.at(parts[1])] = scalar.value;
    if (parts[0] == "condition_number") conflict.conditionNumber = scalar.value;
    if (parts[0] == "sum_norm") conflict.sumNorm = scalar.value;
    if (parts[0] == "update_norm") conflict.updateNorm = scalar.value;
    if (parts[0] != "cosine") return;
    const auto a = names_.at(parts[1]), b = names_.at(parts[2]), count = names_.size();
    conflict.cosines[a * count + b] = conflict.cosines[b * count + a] = scalar.value;
    conflict.cosines[a * count + a] = conflict.cosines[b * count + b] = 1;
  }

  void addEvaluation(const std::vector<std::string>& parts, const ScalarEvent& scalar) {
    const auto split = parts[0] == "validation" ? train::SplitName::validation
                       : parts[0] == "test"     ? train::SplitName::test
                                                : train::SplitName::train;
    auto& record = evaluations_[{scalar.step, split}];
    record.step = scalar.step;
    record.split = split;
    record.seconds = secondsOf(scalar);
    record.tasks.resize(names_.size());
    record.tasks[names_.at(parts[1])][parts[2]] = scalar.value;
  }

  void add(const ScalarEvent& scalar) {
    const auto& found = places_.at(scalar.tag);
    if (found.kind == SeriesPlace::Kind::unknown) return;
    if (scalar.step < 0)
      fail("{}: series \"{}\" has a value at step {}; steps are counted from 0",
           run_.place.string(), scalar.tag, scalar.step);
    lastStep_ = std::max(lastStep_, scalar.step);
    if (!seen_.emplace(&found, scalar.step).second) ++replaced_[scalar.tag];
    if (found.kind == SeriesPlace::Kind::evaluation) return addEvaluation(found.parts, scalar);
    if (scalar.step == 0) return;  // steps are numbered from 1: none was done
    found.kind == SeriesPlace::Kind::step ? addStep(found.parts, scalar)
                                          : addSampled(found.parts, scalar);
  }

  const ImportedRun& run_;
  double begun_ = 0;
  std::map<std::string, SeriesPlace> places_;
  std::map<std::string, std::size_t> names_;  ///< index of a task
  std::map<std::int64_t, train::StepRecord> steps_;
  std::map<std::pair<std::int64_t, train::SplitName>, train::EvaluationRecord> evaluations_;
  std::vector<std::string> leftOut_;
  std::set<std::pair<const SeriesPlace*, std::int64_t>> seen_;
  std::map<std::string, std::int64_t> replaced_;  ///< by tag
  std::int64_t lastStep_ = 0;
};

json experimentOf(const ImportedRun& run) {
  json experiment{{"name", run.name},
                  {"imported",
                   {{"from", run.source},
                    {"place", std::filesystem::absolute(run.place).string()},
                    {"fields", run.fields}}}};
  if (const auto seed = run.fields.find("seed");
      seed != run.fields.end() && seed->is_number_integer())
    experiment["seed"] = *seed;
  return experiment;
}

/// "3 series are left out: a, b, c", of many the first ones.
std::string listed(const char* said, const std::vector<std::string>& names) {
  const auto shown = std::min(names.size(), kNamedLeftOut);
  return fmt::format(
      "{} {}: {}{}", names.size(), said,
      fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
      names.size() > shown ? " ..." : "");
}

std::vector<std::string> remarksOn(const ImportedRun& run, const RecordBuilder& builder) {
  auto remarks = run.remarks;
  if (!builder.leftOut().empty())
    remarks.push_back(listed("series are left out", builder.leftOut()));
  if (!builder.replaced().empty())
    remarks.push_back(listed("series have several values at one step, of which the newest counts",
                             builder.replaced()));
  return remarks;
}

std::vector<train::EventRecord> eventsOf(const ImportedRun& run,
                                         const std::vector<std::string>& remarks) {
  std::vector<train::EventRecord> events;
  const auto note = [&](const std::string& text) { events.push_back({0, 0, "note", text}); };
  note(fmt::format("imported from {}: {}", run.source, run.place.string()));
  for (const auto& remark : remarks) note(remark);
  return events;
}

}  // namespace

WrittenImport writeImported(const ImportedRun& run, const std::filesystem::path& workspace) {
  if (run.scalars.empty())
    fail("{}: {} holds no scalars that can be imported", run.place.string(), run.name);
  RecordBuilder builder(run);
  auto records = builder.build();
  const auto remarks = remarksOn(run, builder);
  records.events = eventsOf(run, remarks);
  const auto experiment = experimentOf(run);
  const auto folder = makeRunFolder(workspace, run.name);
  orRemove(folder, [&] {
    writeAtomically(folder / "experiment.json",
                    experiment.dump(2, ' ', false, json::error_handler_t::replace) + "\n");
    makeFolder(folder / "checkpoints");
    const auto writer =
        RunWriter::create(folder, {experiment, {}, builder.tasks(), builder.lastStep()});
    writer->append(records, true);
    writer->setState(run.state);
    return folder;
  });
  return {folder, remarks};
}

}  // namespace eq::run
