#include "core/train/pending_records.h"

#include <cmath>
#include <limits>
#include <utility>

#include <ATen/ops/cat.h>

namespace eq::train {

void PendingRecords::add(StepRecord record, at::Tensor values, std::vector<char> active) {
  waiting_.push_back({std::move(record), std::move(values), std::move(active)});
}

TakenRecords PendingRecords::take() {
  TakenRecords taken;
  if (waiting_.empty()) return taken;
  std::vector<at::Tensor> all;
  for (const auto& waiting : waiting_) all.push_back(waiting.values);
  const auto host = at::cat(all).to(at::kCPU, at::kDouble).contiguous();
  const auto* values = host.const_data_ptr<double>();
  for (auto& [record, unused, active] : waiting_) {
    for (size_t k = 0; k < active.size(); ++k) {
      const double value = *values++;
      record.losses.push_back(active[k] ? value : std::numeric_limits<double>::quiet_NaN());
      if (active[k] && !std::isfinite(value)) taken.nonFinite.push_back({record.step, k, value});
    }
    for (auto& term : record.terms) term.value = *values++;
    taken.records.push_back(std::move(record));
  }
  waiting_.clear();
  return taken;
}

}  // namespace eq::train
