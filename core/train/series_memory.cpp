#include "core/train/series_memory.h"

#include <cmath>

#include "core/base/error.h"
#include "core/train/series_name.h"

namespace eq::train {
namespace {

using Function = SeriesFunction;

constexpr std::size_t kPlainNumbers = 9;  // of a state, before its window

double orNan(const std::optional<double>& value) {
  return value.value_or(std::nan(""));
}

}  // namespace

SeriesMemory::SeriesMemory(const SeriesQuantity& quantity)
    : function_(quantity.function),
      higher_(isHigherBetter(quantity.parts)),
      count_(quantity.count) {}

bool SeriesMemory::hasWindow() const {
  return function_ == Function::mean || function_ == Function::slope ||
         function_ == Function::conflictFrequency;
}

void SeriesMemory::add(std::int64_t step, double value) {
  step_ = step;
  newest_ = value;
  ++sinceBest_;
  if (isBetter(value)) {
    best_ = value;
    sinceBest_ = 0;
  }
  if (function_ == Function::smoothed && std::isfinite(value)) {
    const double weight = static_cast<double>(count_ - 1) / static_cast<double>(count_ + 1);
    smoothSum_ = weight * smoothSum_ + (1 - weight) * value;
    smoothPower_ *= weight;
  }
  if (hasWindow()) addToWindow(step, value);
}

void SeriesMemory::addToWindow(std::int64_t step, double value) {
  window_.push_back({step, value});
  const bool bySteps = function_ == Function::conflictFrequency;
  while (bySteps ? window_.front().step <= step - count_
                 : static_cast<std::int64_t>(window_.size()) > count_)
    window_.pop_front();
}

bool SeriesMemory::isBetter(double value) const {
  if (std::isnan(value)) return false;
  return !best_ || (higher_ ? value > *best_ : value < *best_);
}

SeriesValue SeriesMemory::value() const {
  if (!newest_) return {};
  const bool isFull = static_cast<std::int64_t>(window_.size()) >= count_;
  switch (function_) {
    case Function::best:
      return best_ ? SeriesValue(*best_) : SeriesValue();
    case Function::mean:
      return isFull ? SeriesValue(mean()) : SeriesValue();
    case Function::slope:
      return isFull ? SeriesValue(slope()) : SeriesValue();
    case Function::smoothed:
      return smoothPower_ < 1 ? SeriesValue(smoothSum_ / (1 - smoothPower_)) : SeriesValue();
    case Function::noBetter:
      return sinceBest_ >= count_;
    case Function::notFinite:
      return !std::isfinite(*newest_);
    case Function::conflictFrequency:
      return step_ - started_ >= count_ && !window_.empty() ? SeriesValue(mean()) : SeriesValue();
    default:
      return *newest_;
  }
}

double SeriesMemory::mean() const {
  double sum = 0;
  for (const auto& sample : window_) sum += sample.value;
  return sum / static_cast<double>(window_.size());
}

double SeriesMemory::slope() const {
  const double middle = static_cast<double>(window_.size() - 1) / 2;
  double products = 0, squares = 0, x = -middle;
  const double center = mean();
  for (const auto& sample : window_) {
    products += x * (sample.value - center);
    squares += x * x;
    x += 1;
  }
  return squares == 0 ? 0 : products / squares;
}

void SeriesMemory::restart(std::int64_t step) {
  started_ = step;
  sinceBest_ = 0;
  window_.clear();
}

void SeriesMemory::forget(std::int64_t step) {
  restart(step);
  newest_.reset();
  best_.reset();
  smoothSum_ = 0;
  smoothPower_ = 1;
}

std::vector<double> SeriesMemory::state() const {
  std::vector<double> numbers{static_cast<double>(started_),
                              static_cast<double>(step_),
                              static_cast<double>(sinceBest_),
                              newest_ ? 1.0 : 0.0,
                              orNan(newest_),
                              best_ ? 1.0 : 0.0,
                              orNan(best_),
                              smoothSum_,
                              smoothPower_};
  for (const auto& sample : window_) {
    numbers.push_back(static_cast<double>(sample.step));
    numbers.push_back(sample.value);
  }
  return numbers;
}

void SeriesMemory::restore(const std::vector<double>& numbers) {
  const auto isCount = [](double x) { return x >= 0 && x < 9e15 && x == std::floor(x); };
  bool fits = numbers.size() >= kPlainNumbers && (numbers.size() - kPlainNumbers) % 2 == 0;
  for (const std::size_t i : {0, 1, 2}) fits = fits && isCount(numbers[i]);
  for (std::size_t i = kPlainNumbers; fits && i < numbers.size(); i += 2)
    fits = isCount(numbers[i]);
  if (!fits) fail("rules: the state of {} is not one", toText(function_));
  started_ = static_cast<std::int64_t>(numbers[0]);
  step_ = static_cast<std::int64_t>(numbers[1]);
  sinceBest_ = static_cast<std::int64_t>(numbers[2]);
  newest_ = numbers[3] != 0 ? std::optional(numbers[4]) : std::nullopt;
  best_ = numbers[5] != 0 ? std::optional(numbers[6]) : std::nullopt;
  smoothSum_ = numbers[7];
  smoothPower_ = numbers[8];
  window_.clear();
  for (std::size_t i = kPlainNumbers; i < numbers.size(); i += 2)
    window_.push_back({static_cast<std::int64_t>(numbers[i]), numbers[i + 1]});
}

}  // namespace eq::train
