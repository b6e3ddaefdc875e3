#include "core/train/rules.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "core/base/number_text.h"
#include "core/train/series_name.h"

namespace eq::train {
namespace {

using nlohmann::json;
using Function = SeriesFunction;

constexpr const char* kRulesKey = "rules";

/// JSON has no NaN: numbers are kept as their bits.
json bitsOf(const std::vector<double>& numbers) {
  auto bits = json::array();
  for (const double number : numbers) bits.push_back(std::bit_cast<std::uint64_t>(number));
  return bits;
}

std::vector<double> numbersOf(const json& bits) {
  std::vector<double> numbers;
  for (const auto& one : bits) numbers.push_back(std::bit_cast<double>(one.get<std::uint64_t>()));
  return numbers;
}

/// As it stands in an expression.
std::string textOf(const SeriesQuantity& quantity) {
  if (quantity.function == Function::value) return quantity.name;
  if (quantity.function == Function::conflictFrequency)
    return fmt::format("{}({})", toText(quantity.function), quantity.count);
  const auto count = quantity.count > 0 ? fmt::format(", {}", quantity.count) : std::string();
  return fmt::format("{}({}{})", toText(quantity.function), quantity.name, count);
}

std::string textOf(const SeriesValue& value) {
  const auto* number = std::get_if<double>(&value);
  return number ? numberText(*number, 6) : "absent";
}

json jsonOf(const SeriesValue& value) {
  if (const auto* truth = std::get_if<bool>(&value)) return *truth;
  if (const auto* number = std::get_if<double>(&value); number && std::isfinite(*number))
    return *number;
  return nullptr;
}

/// The share of pairs of tasks whose cosine is below 0.
std::optional<double> conflictShare(const ConflictRecord& conflict) {
  const auto count = conflict.norms.size();
  double pairs = 0, below = 0;
  for (size_t i = 0; i < count; ++i)
    for (size_t j = i + 1; j < count; ++j) {
      const double cosine = conflict.cosines[i * count + j];
      if (std::isnan(cosine)) continue;  // a task is off, or its gradient is zero
      pairs += 1;
      below += cosine < 0 ? 1 : 0;
    }
  if (pairs == 0) return std::nullopt;
  return below / pairs;
}

std::optional<double> termIn(const StepRecord& record, size_t task, const std::string& name) {
  for (const auto& term : record.terms)
    if (term.task == static_cast<std::int64_t>(task) && term.name == name) return term.value;
  return std::nullopt;
}

bool isClock(const SeriesQuantity& quantity) {
  return seriesKind(quantity.parts) == SeriesKind::clock;
}

}  // namespace

Rules::Rules(const Experiment& experiment) {
  for (const auto& task : experiment.tasks) tasks_.push_back(task.name);
  for (size_t i = 0; i < experiment.rules.size(); ++i) {
    const auto& spec = experiment.rules[i];
    const auto path = fmt::format("rules[{}]", i);
    Rule rule;
    rule.spec = spec;
    rule.action = actionOf(spec, path);
    rule.expression = parseSeriesCondition(spec.when, path + ".when");
    rule.when = whenOf(rule.expression);
    for (const auto& quantity : rule.expression.quantities) rule.memories.emplace_back(quantity);
    rules_.push_back(std::move(rule));
  }
}

Rules::When Rules::whenOf(const SeriesExpression& expression) const {
  auto when = When::steps;
  for (const auto& quantity : expression.quantities) {
    const auto kind = seriesKind(quantity.parts);
    if (kind == SeriesKind::evaluation) return When::evaluations;
    if (kind == SeriesKind::sampled || quantity.function == Function::conflictFrequency)
      when = When::samples;
  }
  return when;
}

bool Rules::lookAtSteps() const {
  return std::any_of(rules_.begin(), rules_.end(),
                     [](const Rule& rule) { return rule.when != When::evaluations; });
}

size_t Rules::taskOf(const std::string& name) const {
  return static_cast<size_t>(std::find(tasks_.begin(), tasks_.end(), name) - tasks_.begin());
}

std::optional<double> Rules::valueIn(const StepRecord& record,
                                     const SeriesQuantity& quantity) const {
  if (quantity.function == Function::conflictFrequency)
    return record.conflict ? conflictShare(*record.conflict) : std::nullopt;
  const auto& parts = quantity.parts;
  const auto& first = parts[0];
  if (first == "step") return static_cast<double>(record.step);
  if (first == "epoch") return record.epoch;
  if (first == "examples") return static_cast<double>(record.examples);
  if (first == "learning_rate") return record.learningRate;
  if (first == "weight") return record.weights.at(taskOf(parts[1]));
  if (first == "point") {
    const auto coordinate = std::stoull(parts[1]);
    return coordinate < record.point.size() ? std::optional(record.point[coordinate])
                                            : std::nullopt;
  }
  if (first == "loss" || first == "term") {
    const auto task = taskOf(parts[1]);
    const auto value =
        first == "loss" ? std::optional(record.losses.at(task)) : termIn(record, task, parts[2]);
    // A task that is off, or has no target in the batch, weighs nothing.
    const bool isThere = value && (!std::isnan(*value) || record.weights.at(task) != 0);
    return isThere ? value : std::nullopt;
  }
  if (!record.conflict) return std::nullopt;
  const auto& conflict = *record.conflict;
  if (first == "norm") return conflict.norms.at(taskOf(parts[1]));
  if (first == "cosine")
    return conflict.cosines.at(taskOf(parts[1]) * tasks_.size() + taskOf(parts[2]));
  if (first == "condition_number") return conflict.conditionNumber;
  if (first == "sum_norm") return conflict.sumNorm;
  if (first == "update_norm") return conflict.updateNorm;
  return std::nullopt;
}

std::optional<double> Rules::valueIn(const EvaluationRecord& record,
                                     const SeriesQuantity& quantity) const {
  if (seriesKind(quantity.parts) != SeriesKind::evaluation) return std::nullopt;
  const auto& metrics = record.tasks.at(taskOf(quantity.parts[1]));
  const auto found = metrics.find(quantity.parts[2]);
  return found == metrics.end() ? std::nullopt : std::optional(found->second);
}

template <typename Record>
void Rules::feed(const Record& record) {
  step_ = record.step;
  epoch_ = record.epoch;
  for (auto& rule : rules_)
    for (size_t i = 0; i < rule.memories.size(); ++i)
      if (const auto value = valueIn(record, rule.expression.quantities[i]))
        rule.memories[i].add(record.step, *value);
}

void Rules::add(const StepRecord& record) {
  examples_ = record.examples;
  feed(record);
  look(When::steps);
  if (record.conflict) look(When::samples);
}

void Rules::add(const EvaluationRecord& record) {
  if (record.split != SplitName::validation) return;
  feed(record);
  look(When::evaluations);
}

void Rules::lossChanged(const std::string& task, std::int64_t step) {
  for (auto& rule : rules_)
    for (size_t i = 0; i < rule.memories.size(); ++i)
      if (isLossOf(rule.expression.quantities[i].parts, task)) rule.memories[i].forget(step);
}

void Rules::look(When when) {
  for (size_t i = 0; i < rules_.size(); ++i) {
    auto& rule = rules_[i];
    if (rule.when != when || (rule.spec.once && rule.fired)) continue;
    const bool isTrue =
        holds(evaluate(rule.expression, [&](size_t quantity) { return valueOf(rule, quantity); }));
    rule.streak = isTrue ? rule.streak + 1 : 0;
    if (rule.streak >= rule.spec.looks) fire(i);
  }
}

SeriesValue Rules::valueOf(const Rule& rule, size_t quantity) const {
  const auto& of = rule.expression.quantities[quantity];
  const bool isPlain = of.function == Function::value || of.function == Function::last;
  if (!isPlain || !isClock(of)) return rule.memories[quantity].value();
  if (of.parts[0] == "epoch") return epoch_;
  return static_cast<double>(of.parts[0] == "step" ? step_ : examples_);
}

void Rules::fire(size_t number) {
  auto& rule = rules_[number];
  std::string evidence;
  auto values = json::object();
  for (size_t i = 0; i < rule.memories.size(); ++i) {
    const auto name = textOf(rule.expression.quantities[i]);
    const auto value = valueOf(rule, i);
    values[name] = jsonOf(value);
    if (!std::holds_alternative<bool>(value))  // which the condition says already
      evidence += fmt::format("{}{} is {}", evidence.empty() ? "" : ", ", name, textOf(value));
  }
  std::string text = fmt::format("rule {}: {}", number + 1, rule.spec.when);
  if (rule.spec.looks > 1) text += fmt::format(", {} times in a row", rule.spec.looks);
  if (!evidence.empty()) text += "; " + evidence;
  firings_.push_back({rule.action,
                      std::move(text),
                      {{"rule", number}, {"when", rule.spec.when}, {"values", values}}});
  for (auto& memory : rule.memories) memory.restart(step_);
  rule.streak = 0;
  rule.fired = true;
}

std::vector<Firing> Rules::takeFirings() {
  return std::exchange(firings_, {});
}

void Rules::takeOver(const Rules& other) {
  std::vector<char> used(other.rules_.size(), 0);
  for (auto& rule : rules_)
    for (size_t i = 0; i < other.rules_.size(); ++i) {
      if (used[i] || other.rules_[i].spec != rule.spec) continue;
      used[i] = 1;
      rule = other.rules_[i];
      break;
    }
  step_ = other.step_;
  examples_ = other.examples_;
  epoch_ = other.epoch_;
}

void Rules::addState(json& meta) const {
  if (rules_.empty()) return;
  auto list = json::array();
  for (const auto& rule : rules_) {
    auto memories = json::array();
    for (const auto& memory : rule.memories) memories.push_back(bitsOf(memory.state()));
    list.push_back({{"when", rule.spec.when},
                    {"streak", rule.streak},
                    {"fired", rule.fired},
                    {"memories", memories}});
  }
  meta[kRulesKey] = list;
}

void Rules::restore(const json& meta) {
  const auto list = meta.find(kRulesKey);
  if (list == meta.end()) return;
  for (size_t i = 0; i < rules_.size(); ++i) {
    const auto& state = list->at(i);
    auto& rule = rules_[i];
    rule.streak = state.at("streak").get<std::int64_t>();
    rule.fired = state.at("fired").get<bool>();
    for (size_t j = 0; j < rule.memories.size(); ++j)
      rule.memories[j].restore(numbersOf(state.at("memories").at(j)));
  }
}

}  // namespace eq::train
