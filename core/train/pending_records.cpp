#include "core/train/pending_records.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <ATen/ops/cat.h>

#include "core/train/look_ahead.h"

namespace eq::train {
namespace {

size_t numbersIn(const std::vector<std::int64_t>& shape) {
  size_t count = 1;
  for (const auto size : shape) count *= static_cast<size_t>(size);
  return count;
}

/// Why a step was not applied whose losses are all finite.
void addCauses(const PendingRecord& waiting, std::vector<NonFinite>& found) {
  const auto step = waiting.record.step;
  for (const auto& weight : waiting.weights)
    found.push_back({step, weight.task, std::nullopt, weight});
  if (!waiting.weights.empty()) return;
  for (const auto task : waiting.spoilt) found.push_back({step, task, std::nullopt, std::nullopt});
  if (waiting.spoilt.empty()) found.push_back({step, std::nullopt, std::nullopt, std::nullopt});
}

/// \returns how many numbers of `values` it was.
std::int64_t takeConflict(PendingRecord& waiting, const double* values) {
  auto read = readConflict(*waiting.conflict, values, waiting.active.size());
  waiting.record.conflict = std::move(read.record);
  for (const auto k : read.nonFinite)
    if (waiting.active[k] &&
        std::find(waiting.spoilt.begin(), waiting.spoilt.end(), k) == waiting.spoilt.end())
      waiting.spoilt.push_back(k);
  std::sort(waiting.spoilt.begin(), waiting.spoilt.end());
  return waiting.conflict->values.defined() ? waiting.conflict->values.numel() : 0;
}

}  // namespace

TakenRecords PendingRecords::take() {
  TakenRecords taken;
  if (waiting_.empty()) return taken;
  std::vector<at::Tensor> all;
  for (const auto& waiting : waiting_) {
    all.push_back(waiting.values);
    all.push_back(waiting.skipped.reshape({1}));
    if (waiting.conflict && waiting.conflict->values.defined())
      all.push_back(waiting.conflict->values);
  }
  const auto host = at::cat(all).to(at::kCPU, at::kDouble).contiguous();
  const auto* values = host.const_data_ptr<double>();
  for (auto& waiting : waiting_) {
    auto& record = waiting.record;
    bool finite = true;
    for (size_t k = 0; k < waiting.active.size(); ++k) {
      const double value = *values++;
      const bool active = waiting.active[k];
      record.losses.push_back(active ? value : std::numeric_limits<double>::quiet_NaN());
      if (!active || std::isfinite(value)) continue;
      taken.nonFinite.push_back({record.step, k, value, std::nullopt});
      finite = false;
    }
    for (auto& term : record.terms) {
      term.value = *values++;
      if (term.task >= 0 || std::isfinite(term.value)) continue;
      taken.nonFinite.push_back({record.step, std::nullopt, term.value, std::nullopt, term.name});
      finite = false;
    }
    for (auto& observed : record.observations) {
      const auto count = numbersIn(observed.shape);
      observed.values.assign(values, values + count);
      values += count;
    }
    if (record.affinity) {
      record.affinity = affinityOf(values, waiting.active);
      values += record.affinity->before.size() + record.affinity->after.size();
    }
    const bool skipped = *values++ != 0;
    if (waiting.conflict) values += takeConflict(waiting, values);
    if (skipped && finite) addCauses(waiting, taken.nonFinite);
    taken.records.push_back(std::move(record));
    taken.remarks.push_back(std::move(waiting.remarks));
  }
  waiting_.clear();
  return taken;
}

}  // namespace eq::train
