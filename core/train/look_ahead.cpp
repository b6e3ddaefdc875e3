#include "core/train/look_ahead.h"

#include <limits>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros_like.h>

#include "core/train/passes.h"
#include "core/train/perturbed.h"
#include "core/train/records.h"
#include "core/train/run_parts.h"

namespace eq::train {
namespace {

/// J of the raw losses: that of the pass may be of what a scheme trains in their place.
at::Tensor rawRows(const RunParts& parts, const BatchPass& pass) {
  if (pass.rows) return rowsOfPoint(pass);
  Again again;
  again.active = pass.active;
  again.purpose = gradient::Purpose::exact;
  auto found = passAgain(parts, pass, again);
  return parts.engine->jacobian(found.forward);
}

}  // namespace

bool looksAhead(const RunParts& parts) {
  const auto every = parts.experiment.affinity.every;
  return every > 0 && parts.progress.steps % every == 0 &&
         parts.model->parameters().columns().size() > 0;
}

at::Tensor lookAhead(const RunParts& parts, const BatchPass& pass, double rate) {
  const auto rows = rawRows(parts, pass);
  const at::NoGradGuard noGradients;
  const auto before = lossesAgain(parts, pass);
  std::vector<at::Tensor> found{before};
  auto offset = at::zeros_like(parts.model->parameters().values());
  for (size_t k = 0; k < pass.active.size(); ++k) {
    if (!pass.active[k]) {
      found.push_back(before);
      continue;
    }
    offset.narrow(0, 0, rows.size(1)).copy_(rows[static_cast<std::int64_t>(k)]).mul_(-rate);
    const Perturbed elsewhere(*parts.model, offset);
    found.push_back(lossesAgain(parts, pass));
  }
  return at::stack(found);
}

AffinityRecord affinityOf(const double* numbers, const std::vector<char>& active) {
  const auto count = active.size();
  AffinityRecord record;
  const auto take = [&](size_t row, size_t column, std::vector<double>& into) {
    const bool there = active[column] && (row == 0 || active[row - 1]);
    into.push_back(there ? numbers[row * count + column]
                         : std::numeric_limits<double>::quiet_NaN());
  };
  for (size_t j = 0; j < count; ++j) take(0, j, record.before);
  for (size_t i = 0; i < count; ++i)
    for (size_t j = 0; j < count; ++j) take(i + 1, j, record.after);
  return record;
}

}  // namespace eq::train
