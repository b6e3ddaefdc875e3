#include "core/model/mixture.h"

#include <algorithm>
#include <numeric>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/pdist.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>

#include "core/base/error.h"
#include "core/model/observations.h"

namespace eq::model {
namespace {

/// [N, E, F].
at::Tensor byExpert(const std::vector<at::Tensor>& experts) {
  std::vector<at::Tensor> flat;
  for (const auto& expert : experts) flat.push_back(expert.flatten(1));
  return at::stack(flat, 1);
}

bool isWanted(const Pass& pass, std::int64_t task) {
  return task < 0 || !pass.active || (*pass.active)[static_cast<size_t>(task)];
}

}  // namespace

at::Tensor mixtureOf(const at::Tensor& gate, const std::vector<at::Tensor>& experts,
                     const Pass& pass) {
  const auto all = byExpert(experts);
  if (pass.multiplyAdds) *pass.multiplyAdds += all.numel();
  return at::bmm(gate.unsqueeze(1), all).squeeze(1);
}

at::Tensor mixedMaps(const at::Tensor& gate, const std::vector<at::Tensor>& experts,
                     const Pass& pass) {
  return mixtureOf(gate, experts, pass).view(experts.front().sizes());
}

void observeGate(const Pass& pass, std::int64_t task, const std::string& place,
                 const at::Tensor& gate) {
  if (!pass.seen || !isWanted(pass, task)) return;
  pass.seen->add("gate", task, place, examplesOf(pass, gate.detach()).mean(0));
}

void requireNameOfShared(const std::vector<std::string>& tasks, const std::string& id) {
  if (std::find(tasks.begin(), tasks.end(), kSharedStream) != tasks.end())
    fail(
        "tasks: {} records what all tasks share as \"{}\", and a task is called so; give it "
        "another "
        "name",
        id, kSharedStream);
}

void observeUse(const Pass& pass, const at::Tensor& gate, const std::vector<std::int64_t>& places,
                std::int64_t total) {
  if (!pass.seen) return;
  const at::NoGradGuard noGradients;
  const auto used = examplesOf(pass, gate);
  const auto entries = at::arange(used.size(1), used.options().dtype(at::kLong));
  const auto chosen = (used.argmax(1).unsqueeze(1) == entries).to(used.scalar_type()).mean(0);
  const auto shares = at::zeros({total}, gate.options().requires_grad(false));
  for (size_t i = 0; i < places.size(); ++i)
    shares[places[i]].copy_(chosen[static_cast<std::int64_t>(i)]);
  pass.seen->addPart("utilisation", {}, shares);
}

void observeUse(const Pass& pass, const at::Tensor& gate) {
  std::vector<std::int64_t> places(static_cast<size_t>(gate.size(1)));
  std::iota(places.begin(), places.end(), std::int64_t{0});
  observeUse(pass, gate, places, gate.size(1));
}

void observeDiversity(const Pass& pass, const std::vector<at::Tensor>& experts) {
  if (!pass.seen || experts.size() < 2) return;
  const at::NoGradGuard noGradients;
  const auto rows = examplesOf(pass, byExpert(experts));
  const auto distances = at::pdist(rows.transpose(0, 1).flatten(1).contiguous());
  pass.seen->addPart("diversity", {}, distances.mean() / distances.max());
}

at::Tensor examplesOf(const Pass& pass, const at::Tensor& rows) {
  return pass.views ? rows.narrow(0, 0, rows.size(0) / 2) : rows;
}

nlohmann::json mixtureSeries(bool diverse) {
  auto series = nlohmann::json::array({{{"series", "gate"},
                                        {"draw", "areas"},
                                        {"axes", {"expert"}},
                                        {"label", "Gate weight, mean over the batch"}},
                                       {{"series", "utilisation"},
                                        {"draw", "bars"},
                                        {"axes", {"expert"}},
                                        {"label", "Share of largest gates"}}});
  if (diverse)
    series.push_back(
        {{"series", "diversity"}, {"draw", "lines"}, {"label", "Mean / largest distance"}});
  return series;
}

}  // namespace eq::model
