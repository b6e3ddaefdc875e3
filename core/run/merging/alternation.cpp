#include "core/run/merging/alternation.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/merge/catalog.h"
#include "core/run/merging/round_records.h"
#include "core/run/merging/run_merger.h"

namespace eq::run {
namespace {

using nlohmann::json;
using RoundClock = std::chrono::steady_clock;

/// A task that trains alone, one round after the other.
struct Learner {
  size_t task = 0;
  train::Snapshot state;  ///< with its optimizer
  train::StepRecord newest = {};
};

/// A step to come: of a round, of a learner by its place, in the learner's round.
struct Place {
  std::int64_t round = 1;
  size_t learner = 0;
  std::int64_t step = 1;
};

class Alternation {
 public:
  Alternation(const json& params, std::uint64_t seed, const MergeSource& base,
              const train::Trainer& at, const MergeProgress& progress, MergeMemory* memory)
      : given_(params),
        params_(merge::catalog().descriptor("atm").parameters, params, "atm"),
        seed_(seed),
        base_(base),
        at_(at),
        bench_(at),
        progress_(progress),
        memory_(memory),
        perRound_(std::max<std::int64_t>(
            1, std::llround(params_.number("epochs") * static_cast<double>(at.stepsPerEpoch())))) {
    const auto& tasks = at.experiment().tasks;
    for (size_t t = 0; t < tasks.size(); ++t)
      if (tasks[t].enabled) learners_.push_back({t, alone(t)->snapshot()});
    if (learners_.empty()) fail("atm: no task of the base is on");
  }

  Alternated go() {
    found_.from = base_;
    const auto rounds = params_.integer("rounds");
    for (auto place = begin();; ++place.round) {
      for (; place.learner < learners_.size(); ++place.learner, place.step = 1)
        found_.experts.push_back(trained(place));
      recordStep(place.round);
      if (place.round == rounds) return std::move(found_);
      mergeRound(place.round);
      found_.experts.clear();
      place.learner = 0;
    }
  }

 private:
  /// A trainer of one task; nothing is looked at but its steps.
  std::unique_ptr<train::Trainer> alone(size_t task) const {
    auto trainer = at_.twin();
    const auto tasks = static_cast<std::int64_t>(at_.experiment().tasks.size());
    for (std::int64_t t = 0; t < tasks; ++t)
      if (t != static_cast<std::int64_t>(task) &&
          at_.experiment().tasks[static_cast<size_t>(t)].enabled)
        trainer->apply(train::Command::setTaskEnabled(t, false));
    trainer->apply(train::Command::setRules({}));
    trainer->apply(train::Command::setConflict({.every = 0}));
    const auto perEpoch = static_cast<double>(at_.stepsPerEpoch());
    trainer->setEpochs(static_cast<double>(params_.integer("rounds") * perRound_) / perEpoch);
    return trainer;
  }

  MergeSource trained(Place place) {
    auto& learner = learners_[place.learner];
    auto trainer = alone(learner.task);
    trainer->restore(place.step > 1 ? interrupted_ : startOf(learner));
    const auto before = RoundClock::now();
    for (; place.step <= perRound_; ++place.step) {
      tellStep(
          progress_, memory_,
          {fmt::format("round {}, {}: step", place.round, nameOf(learner)), place.step, perRound_},
          [&] { return state(place, *trainer); });
      trainer->step();
      if (place.step % 100 == 0 || place.step == perRound_) keepNewest(*trainer, learner);
    }
    seconds_ += std::chrono::duration<double>(RoundClock::now() - before).count();
    learner.state = trainer->snapshot();
    return sourceOf(learner, trainer->experiment());
  }

  const std::string& nameOf(const Learner& learner) const {
    return at_.experiment().tasks[learner.task].name;
  }

  /// The parameters of now with the learner's own optimizer.
  train::Snapshot startOf(const Learner& learner) const {
    auto start = learner.state;
    for (auto& [key, tensor] : start.tensors)
      if (key.starts_with("model.")) tensor = found_.from.snapshot.tensors.at(key);
    return start;
  }

  /// What the learner made of the present round.
  MergeSource sourceOf(const Learner& learner, const train::Experiment& experiment) const {
    auto source = base_;
    source.given = nameOf(learner);
    source.file.clear();
    source.snapshot.tensors = learner.state.tensors;
    source.experiment = experiment;
    return source;
  }

  /// Before a step of a learner. \param trainer of that one.
  train::Snapshot state(const Place& place, const train::Trainer& trainer) const {
    const auto now = trainer.snapshot();
    train::Snapshot state{{},
                          {{"round", place.round},
                           {"learner", place.learner},
                           {"step", place.step},
                           {"seconds", seconds_},
                           {"records", roundsAsJson(found_.records)},
                           {"learners", json::array()},
                           {"now", now.meta}}};
    addTensors(now.tensors, "now.", state);
    addTensors(parametersOf(found_.from), "from.", state);
    for (size_t i = 0; i < learners_.size(); ++i) {
      const auto& [task, own, newest] = learners_[i];
      state.meta["learners"].push_back(
          {{"meta", own.meta}, {"rate", newest.learningRate}, {"losses", newest.losses}});
      addTensors(own.tensors, fmt::format("learner.{}.", i), state);
    }
    return state;
  }

  /// Where a merge that was stopped was, or at the beginning.
  Place begin() {
    const auto kept = keptBy(memory_);
    if (!kept) return {};
    const auto& meta = kept->meta;
    meta.at("seconds").get_to(seconds_);
    found_.records = roundsFrom(meta.at("records"));
    for (const auto& [name, tensor] : tensorsOf(*kept, "from."))
      found_.from.snapshot.tensors.at("model." + name) = tensor;
    for (size_t i = 0; i < learners_.size(); ++i) {
      const auto& own = meta.at("learners").at(i);
      learners_[i].state = {tensorsOf(*kept, fmt::format("learner.{}.", i)), own.at("meta")};
      own.at("rate").get_to(learners_[i].newest.learningRate);
      own.at("losses").get_to(learners_[i].newest.losses);
    }
    interrupted_ = {tensorsOf(*kept, "now."), meta.at("now")};
    const Place place{meta.at("round").get<std::int64_t>(), meta.at("learner").get<size_t>(),
                      meta.at("step").get<std::int64_t>()};
    for (size_t i = 0; i < place.learner; ++i) {
      const auto trainer = alone(learners_[i].task);
      trainer->restore(learners_[i].state);
      found_.experts.push_back(sourceOf(learners_[i], trainer->experiment()));
    }
    return place;
  }

  static void keepNewest(train::Trainer& trainer, Learner& learner) {
    if (auto records = trainer.takeRecords(); !records.empty())
      learner.newest = std::move(records.back());
    trainer.takeEvents();
  }

  /// A round is one update on the mean of the tasks' losses.
  void recordStep(std::int64_t round) {
    const auto& meta = base_.snapshot.meta;
    found_.step = base_.step + round;
    found_.seconds = meta.at("seconds").get<double>() + seconds_;
    found_.examples = meta.at("examples").get<std::int64_t>();
    for (const auto& learner : learners_)
      found_.examples += learner.state.meta.at("examples").get<std::int64_t>();
    const auto tasks = at_.experiment().tasks.size();
    train::StepRecord record;
    record.step = found_.step;
    record.examples = found_.examples;
    record.epoch = epochAt(found_.examples);
    record.seconds = found_.seconds;
    record.learningRate = learners_.front().newest.learningRate;
    record.losses.assign(tasks, std::nan(""));
    record.weights.assign(tasks, 0);
    for (const auto& learner : learners_) {
      record.losses[learner.task] = learner.newest.losses.at(learner.task);
      record.weights[learner.task] = 1 / static_cast<double>(learners_.size());
    }
    found_.records.steps.push_back(std::move(record));
  }

  double epochAt(std::int64_t examples) const {
    return static_cast<double>(examples) / base_.snapshot.meta.at("data").at("train").get<double>();
  }

  void mergeRound(std::int64_t round) {
    RunMerger merger("atm", given_, deriveSeed(seed_, "round", static_cast<std::uint64_t>(round)),
                     found_.from, found_.experts);
    const auto merged = merger.merge(bench_, {}, progress_);
    auto evaluation = bench_.evaluate(merged.parameters, train::SplitName::validation);
    evaluation.step = found_.step;
    evaluation.epoch = epochAt(found_.examples);
    evaluation.seconds = found_.seconds;
    found_.records.evaluations.push_back(std::move(evaluation));
    for (const auto& [name, tensor] : merged.parameters)
      found_.from.snapshot.tensors["model." + name] = tensor;
  }

  json given_;
  Parameters params_;
  std::uint64_t seed_;
  const MergeSource& base_;
  const train::Trainer& at_;
  MergeBench bench_;
  const MergeProgress& progress_;
  MergeMemory* memory_;
  train::Snapshot interrupted_ = {};  ///< of the learner that was stopped within its round
  std::int64_t perRound_;             ///< steps of a task
  std::vector<Learner> learners_;
  double seconds_ = 0;
  Alternated found_;
};

}  // namespace

Alternated alternate(const json& params, std::uint64_t seed, const MergeSource& base,
                     const train::Trainer& at, const MergeProgress& progress, MergeMemory* memory) {
  return Alternation(params, seed, base, at, progress, memory).go();
}

}  // namespace eq::run
