#include "core/metric/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>

#include "core/base/error.h"
#include "core/metric/bias_corrected.h"
#include "core/metric/undefined.h"

namespace eq::metric {
namespace {

constexpr const char* kGroup = "group";

/// The rows of each group; empty without the field.
std::vector<std::vector<std::int64_t>> groupsOf(const Batch& batch) {
  std::vector<std::vector<std::int64_t>> groups;
  const auto field = batch.field(kGroup);
  if (!field.defined()) return groups;
  const auto host = field.to(at::kCPU, at::kLong).contiguous();
  const auto* ids = host.const_data_ptr<std::int64_t>();
  std::map<std::int64_t, size_t> places;
  for (std::int64_t row = 0; row < host.numel(); ++row) {
    const auto [place, isNew] = places.try_emplace(ids[row], groups.size());
    if (isNew) groups.emplace_back();
    groups[place->second].push_back(row);
  }
  return groups;
}

std::int64_t rowsOf(const Batch& batch) {
  return batch.prediction.dim() > 0 ? batch.prediction.size(0) : 0;
}

at::Tensor onDeviceOf(const at::Tensor& other, const std::vector<std::int64_t>& values) {
  return at::tensor(values, at::kLong).to(other.device());
}

double numberOf(const nlohmann::json& value) {
  if (value.is_array()) fail("bootstrap: the metric is a list, and an interval is of a number");
  return value.is_number() ? value.get<double>() : kUndefined;
}

/// Examples with an entry that counts for the metric.
std::int64_t countCounted(const Metric& metric, const Batch& batch) {
  const auto counted = metric.counted(batch);
  if (!counted.defined() || batch.field(kGroup).defined()) return countExamples(batch);
  return (counted.dim() > 1 ? counted.flatten(1).any(1) : counted).sum().item<std::int64_t>();
}

/// Those among them that the value turns on. \param metric to which the batch was added.
std::int64_t countDecisive(const Metric& metric, const Batch& batch) {
  const auto counted = countCounted(metric, batch);
  const double decisive = metric.decisiveExamples();
  return decisive < static_cast<double>(counted) ? static_cast<std::int64_t>(decisive) : counted;
}

/// One metric and what is known of it so far.
struct Bootstrapped {
  MakeMetric make;
  Batch prepared;
  Resampled values;

  Bootstrapped(MakeMetric maker, const Batch& batch) : make(std::move(maker)) {
    const auto metric = make();
    metric->add(batch);
    values.estimate = numberOf(metric->value());
    values.examples = countDecisive(*metric, batch);
    values.range = metric->range();
    if (isDefined()) prepared = metric->prepare(batch);
  }

  bool isDefined() const { return std::isfinite(values.estimate) && values.examples >= 2; }

  double valueOf(const Resampler& resampler) const {
    const auto metric = make();
    metric->addPrepared(resampler.select(prepared));
    return numberOf(metric->value());
  }
};

}  // namespace

std::string whyNoBootstrap(const Descriptor& metric, const Batch& batch) {
  const auto examples = metric.traits.value("examples", nlohmann::json(true));
  if (examples == false)
    return metric.id +
           ": is not made of examples that can be drawn anew, so that it has no "
           "bootstrap";
  if (examples.is_string() && !batch.field(examples).defined())
    return fmt::format("{}.{}: a bootstrap draws queries anew, so that it must be given", metric.id,
                       examples.get<std::string>());
  return {};
}

std::int64_t countExamples(const Batch& batch) {
  return batch.field(kGroup).defined() ? std::ssize(groupsOf(batch)) : rowsOf(batch);
}

Resampler::Resampler(const Batch& batch, std::uint64_t seed)
    : random_(seed), rows_(rowsOf(batch)), groups_(groupsOf(batch)) {
  count_ = groups_.empty() ? rows_ : std::ssize(groups_);
  if (count_ < 2) fail("bootstrap: needs at least 2 examples to draw from, found {}", count_);
  places_ = RandomStream(deriveSeed(seed, "parts")).permutation(count_);
}

void Resampler::clear() {
  chosen_.clear();
  copies_.clear();
}

void Resampler::take(std::int64_t example, std::int64_t copy) {
  if (groups_.empty()) {
    chosen_.push_back(example);
    return;
  }
  for (const auto row : groups_[static_cast<size_t>(example)]) {
    chosen_.push_back(row);
    copies_.push_back(copy);
  }
}

void Resampler::draw() {
  clear();
  for (std::int64_t copy = 0; copy < count_; ++copy)
    take(static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(count_))), copy);
}

void Resampler::leaveOut(std::int64_t part, std::int64_t parts) {
  clear();
  for (std::int64_t example = 0; example < count_; ++example)
    if (places_[static_cast<size_t>(example)] % parts != part) take(example, example);
}

Batch Resampler::select(const Batch& batch) const {
  const auto chosen = onDeviceOf(batch.prediction, chosen_);
  const auto select = [&](const at::Tensor& tensor) {
    const bool hasRows = tensor.defined() && tensor.dim() > 0 && tensor.size(0) == rows_;
    return hasRows ? tensor.index_select(0, chosen) : tensor;
  };
  Batch drawn = batch;
  drawn.prediction = select(batch.prediction);
  drawn.target = select(batch.target);
  for (auto& [name, field] : drawn.fields) field = select(field);
  if (drawn.field(kGroup).defined()) drawn.fields[kGroup] = onDeviceOf(batch.prediction, copies_);
  return drawn;
}

std::vector<Interval> bootstrap(const std::vector<MakeMetric>& metrics, const Batch& batch,
                                const BootstrapOptions& options) {
  Resampler resampler(batch, options.seed);
  std::vector<Bootstrapped> all;
  for (const auto& make : metrics) all.emplace_back(make, batch);
  const auto parts = std::min(kLeftOutParts, countExamples(batch));
  for (std::int64_t i = 0; i < options.resamples + parts; ++i) {
    const bool isDraw = i < options.resamples;
    isDraw ? resampler.draw() : resampler.leaveOut(i - options.resamples, parts);
    for (auto& one : all)
      if (one.isDefined())
        (isDraw ? one.values.drawn : one.values.leftOut).push_back(one.valueOf(resampler));
  }
  std::vector<Interval> intervals;
  for (const auto& one : all)
    intervals.push_back(biasCorrectedInterval(one.values, options.confidence));
  return intervals;
}

}  // namespace eq::metric
