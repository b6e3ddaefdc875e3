#include "core/metric/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>

#include "core/base/error.h"
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

/// The quantile of sorted values, linear between neighbours.
double quantile(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto lower = static_cast<size_t>(place);
  const auto upper = std::min(lower + 1, sorted.size() - 1);
  const double part = place - static_cast<double>(lower);
  if (sorted[lower] == sorted[upper]) return sorted[lower];  // infinite ones as well
  return part == 0 ? sorted[lower] : sorted[lower] + part * (sorted[upper] - sorted[lower]);
}

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
}

void Resampler::draw() {
  chosen_.clear();
  copies_.clear();
  for (std::int64_t copy = 0; copy < count_; ++copy) {
    const auto example = random_.below(static_cast<std::uint64_t>(count_));
    if (groups_.empty()) {
      chosen_.push_back(static_cast<std::int64_t>(example));
      continue;
    }
    for (const auto row : groups_[example]) {
      chosen_.push_back(row);
      copies_.push_back(copy);
    }
  }
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

Interval percentileInterval(std::vector<double> values, double confidence) {
  std::erase_if(values, [](double value) { return std::isnan(value); });
  std::sort(values.begin(), values.end());
  if (values.empty()) return {kUndefined, kUndefined, confidence, 0};
  const double tail = (1 - confidence) / 2;
  return {quantile(values, tail), quantile(values, 1 - tail), confidence,
          static_cast<std::int64_t>(values.size())};
}

std::vector<Interval> bootstrap(const std::vector<MakeMetric>& metrics, const Batch& batch,
                                const BootstrapOptions& options) {
  Resampler resampler(batch, options.seed);
  std::vector<Batch> prepared;
  for (const auto& make : metrics) prepared.push_back(make()->prepare(batch));
  std::vector<std::vector<double>> values(metrics.size());
  for (std::int64_t i = 0; i < options.resamples; ++i) {
    resampler.draw();
    for (size_t m = 0; m < metrics.size(); ++m) {
      const auto metric = metrics[m]();
      metric->addPrepared(resampler.select(prepared[m]));
      values[m].push_back(numberOf(metric->value()));
    }
  }
  std::vector<Interval> intervals;
  for (auto& all : values)
    intervals.push_back(percentileInterval(std::move(all), options.confidence));
  return intervals;
}

}  // namespace eq::metric
