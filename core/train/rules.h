#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/train/experiment.h"
#include "core/train/records.h"
#include "core/train/rule.h"
#include "core/train/series_expression.h"
#include "core/train/series_memory.h"

namespace eq::train {

/// A rule found its condition true.
struct Firing {
  RuleAction action;
  std::string text;       ///< which rule, and why
  nlohmann::json detail;  ///< "rule", "when", "values"
};

/// Looks at the records of a run as they come, for the rules of its experiment. A rule whose
/// condition names a series of evaluations looks after each of those; else one that names a sampled
/// series where it was measured; else at each step. Deterministic: the same records give the same
/// firings.
class Rules {
 public:
  /// \pre they fit the experiment, whose tasks are spelled out.
  explicit Rules(const Experiment& experiment);

  bool empty() const { return rules_.empty(); }
  /// Whether a rule may fire at any step: then each record has to be there before the next step.
  bool lookAtSteps() const;

  /// In their order; an evaluation after the record of its step.
  void add(const StepRecord& record);
  void add(const EvaluationRecord& record);
  /// A task got another loss after `step`: its series of losses begin anew.
  void lossChanged(const std::string& task, std::int64_t step);
  /// Since the last call, in their order.
  std::vector<Firing> takeFirings();

  /// Rules that are the same remember what they had seen.
  void takeOver(const Rules& other);
  /// The key "rules" of a snapshot; none where there are no rules.
  void addState(nlohmann::json& meta) const;
  void restore(const nlohmann::json& meta);

 private:
  enum class When { steps, samples, evaluations };
  struct Rule {
    RuleSpec spec;
    RuleAction action;
    SeriesExpression expression;
    When when = When::steps;
    std::vector<SeriesMemory> memories;  ///< by quantity
    std::int64_t streak = 0;             ///< looks in a row that found it true
    bool fired = false;
  };

  When whenOf(const SeriesExpression& expression) const;
  /// Nothing where the record has no value of it.
  std::optional<double> valueIn(const StepRecord& record, const SeriesQuantity& quantity) const;
  std::optional<double> valueIn(const EvaluationRecord& record,
                                const SeriesQuantity& quantity) const;
  template <typename Record>
  void feed(const Record& record);
  void look(When when);
  SeriesValue valueOf(const Rule& rule, size_t quantity) const;
  void fire(size_t number);
  size_t taskOf(const std::string& name) const;

  std::vector<std::string> tasks_;
  std::vector<Rule> rules_;
  std::vector<Firing> firings_;
  // The moment of the look.
  std::int64_t step_ = 0;
  std::int64_t examples_ = 0;
  double epoch_ = 0;
};

}  // namespace eq::train
