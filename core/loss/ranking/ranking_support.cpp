#include "core/loss/ranking/ranking_support.h"

#include <limits>

#include <ATen/TensorOperators.h>
#include <ATen/ops/ones.h>

#include "core/base/error.h"
#include "core/loss/checks.h"

namespace eq::loss {
namespace {

/// bool [N, N]: j < i.
at::Tensor lowerIndex(const at::Tensor& like) {
  const auto n = like.size(0);
  return at::ones({n, n}, like.options().dtype(at::kBool)).tril(-1);
}

Queries queriesOf(const at::Tensor& group, const at::Tensor& scores) {
  const auto n = scores.size(0);
  const auto same = group.defined() ? group.unsqueeze(1) == group.unsqueeze(0)
                                    : at::ones({n, n}, scores.options().dtype(at::kBool));
  return {same, (same & lowerIndex(scores)).any(1).logical_not()};
}

}  // namespace

void RankingLoss::check(const Batch& batch) const {
  checkVector(id_, "prediction", batch.prediction);
  checkShape(id_, "target", batch.target, batch.prediction.sizes(), "prediction");
  checkNumbers(id_, "target", batch.target);
  const auto group = batch.field("group");
  if (group.defined()) {
    checkShape(id_, "group", group, batch.prediction.sizes(), "prediction");
    checkIntegers(id_, "group", group);
  }
  checkFurther(batch);
}

Value RankingLoss::evaluate(const Batch& batch, bool) const {
  const auto relevance = batch.target.to(batch.prediction.scalar_type());
  return {
      value(batch, relevance, queriesOf(batch.field("group"), batch.prediction.detach())), {}, {}};
}

std::vector<Readout> scoreReadouts(const TaskInfo&) {
  Readout readout;
  readout.scalar = true;
  return {readout};
}

at::Tensor decodedScore(const Batch& batch) {
  return usualReadout(*batch.task).scalar ? batch.prediction : at::Tensor();
}

std::vector<TaskKind> kindsOfRelevance() {
  return {TaskKind::regression, TaskKind::ordinal, TaskKind::binary};
}

at::Tensor differences(const at::Tensor& x) {
  return x.unsqueeze(1) - x.unsqueeze(0);
}

at::Tensor standsBefore(const at::Tensor& x) {
  const auto mine = x.unsqueeze(1), other = x.unsqueeze(0);
  return (other > mine) | ((other == mine) & lowerIndex(x));
}

at::Tensor meanOverPairs(const at::Tensor& terms, const at::Tensor& pairs, const Queries& queries) {
  const auto members = queries.same.to(terms.scalar_type());
  const auto sums = members.mv(terms.masked_fill(pairs.logical_not(), 0).sum(1));
  const auto counts = members.mv(pairs.sum(1).to(terms.scalar_type()));
  const auto counted = queries.first & (counts > 0);
  const auto means = (sums / counts.clamp_min(1)).masked_fill(counted.logical_not(), 0);
  return means.sum() / counted.sum().clamp_min(1);
}

at::Tensor logSumOver(const at::Tensor& x, const at::Tensor& members) {
  return x.unsqueeze(0)
      .expand_as(members)
      .masked_fill(members.logical_not(), -std::numeric_limits<double>::infinity())
      .logsumexp(1);
}

Descriptor rankingDescriptor(const std::string& id, const std::string& title,
                             const std::string& summary, const std::string& formula,
                             const std::string& citation, std::vector<ParameterSpec> parameters) {
  Descriptor descriptor;
  descriptor.id = id;
  descriptor.title = title;
  descriptor.summary = summary;
  descriptor.formula = formula;
  descriptor.citation = citation;
  descriptor.parameters = std::move(parameters);
  descriptor.taskKinds = kindsOfRelevance();
  descriptor.inputs = {{"prediction", "[N]", "scores"},
                       {"target", "[N]", "relevances"},
                       {"group", "int [N]", "query of each item; without it one query", false}};
  descriptor.traits = {{"coupled", true}, {"prediction", "score"}};
  return descriptor;
}

}  // namespace eq::loss
