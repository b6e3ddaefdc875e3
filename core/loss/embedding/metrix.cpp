#include "core/loss/embedding/metrix.h"

#include <algorithm>
#include <iterator>

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/loss/checks.h"
#include "core/loss/embedding_support.h"
#include "core/loss/first_found.h"
#include "core/loss/row.h"

namespace eq::loss {
namespace {

constexpr std::int64_t kIgnored = -100;

/// A share of Beta(2, 2), which the median of three uniform draws has, from the step alone; ½ where
/// there is no step.
double shareOfStep(std::int64_t step) {
  if (step < 0) return 0.5;
  RandomStream random(deriveSeed(0, "metrix", static_cast<std::uint64_t>(step)));
  double draws[] = {random.uniform(), random.uniform(), random.uniform()};
  std::sort(std::begin(draws), std::end(draws));
  return draws[1];
}

/// For each row the next one behind it, cyclic, that the mask [N, N] has in that row; any where it
/// has none.
at::Tensor nextOf(const at::Tensor& mask) {
  const auto count = mask.size(0);
  const auto index = at::arange(count, mask.options().dtype(at::kLong));
  const auto behind = (index - index.unsqueeze(1)).remainder(count);
  return behind.masked_fill(mask.logical_not(), count).argmin(1);
}

class Metrix : public EmbeddingLoss {
 public:
  explicit Metrix(const Parameters& parameters)
      : EmbeddingLoss("metrix", parameters.boolean("normalize")),
        normalize_(parameters.boolean("normalize")),
        margin_(parameters.number("margin")) {}

  Value evaluate(const Batch& batch, bool) const override {
    if (!mixesItself(batch)) {
      const auto share = batch.target.to(batch.prediction.scalar_type());
      return anchorMean(terms(distances(embeddings(batch), partner(batch, "mixed")), share));
    }
    const auto x = embeddings(batch);
    const auto pairs = labelPairs(batch.target, kIgnored);
    const double share = shareOfStep(batch.step);
    const auto mixed = x.index_select(0, nextOf(pairs.positive)) * share +
                       x.index_select(0, nextOf(pairs.negative)) * (1 - share);
    const auto anchors = pairs.positive.any(1) & pairs.negative.any(1);
    const auto found = terms(distances(x, normalize_ ? unitRows(mixed) : mixed), share);
    return anchorMean(found.masked_fill(anchors.logical_not(), 0), anchors);
  }

  std::vector<Readout> readouts(const TaskInfo& task) const override {
    const bool brought =
        std::find(task.fields.begin(), task.fields.end(), "mixed") != task.fields.end();
    if (!hasClasses(task.kind) && !brought)
      fail(
          "metrix: for {}, which is {}, it reads mixed embeddings, which the data of this run do "
          "not bring; it mixes itself for a task of classes",
          task.name, toText(task.kind));
    return EmbeddingLoss::readouts(task);
  }

 private:
  /// In a run the labels of a task of classes say what is mixed with what.
  static bool mixesItself(const Batch& batch) { return batch.task && hasClasses(batch.task->kind); }

  static at::Tensor distances(const at::Tensor& a, const at::Tensor& b) {
    return rootDistance(squaredRowDistances(a, b));
  }

  /// \param share a number or [N].
  template <typename Share>
  at::Tensor terms(const at::Tensor& distance, const Share& share) const {
    return distance * share + (margin_ - distance).relu() * (1 - share);
  }

  void checkFurther(const Batch& batch) const override {
    if (mixesItself(batch)) return checkLabels(id(), batch);
    checkPartner(batch, "mixed", batch.prediction.sizes(), "prediction");
    checkShape(id(), "target", batch.target, {batch.prediction.size(0)}, "the samples");
    checkNumbers(id(), "target", batch.target);
    const auto wrong = (batch.target < 0) | (batch.target > 1);
    if (wrong.any().item<bool>())
      fail("{}.target: shares go from 0 to 1, found {}", id(), firstFound(batch.target, wrong));
  }

  bool normalize_;
  double margin_;
};

}  // namespace

CatalogRow<Loss> metrixRow() {
  Descriptor descriptor;
  descriptor.id = "metrix";
  descriptor.title = "Metrix";
  descriptor.summary =
      "The contrastive loss of an anchor and a mixed embedding that is a positive by a share. In a "
      "run on classes each is mixed of the next ones of the batch of its own and of another class, "
      "by a share of Beta(2, 2) a step.";
  descriptor.formula = "L = λ d + (1 − λ) [m − d]₊";
  descriptor.citation =
      "Venkataramanan et al., It Takes Two to Tango: Mixup for Deep Metric Learning, ICLR 2022, "
      "arXiv:2106.04990";
  descriptor.parameters = embeddingParameters(
      {ParameterSpec::number("margin", 0.5, "Distance from which negatives are left alone")
           .above(0)});
  descriptor.inputs = {embeddingInput(),
                       {"target", "[N]", "share λ of the positive in the mixed one, 0 to 1"},
                       partnerInput("mixed", "the mixed embedding for each anchor")};
  descriptor.taskKinds = {TaskKind::regression, TaskKind::classification};
  descriptor.traits = {{"prediction", "embedding"}, {"made_in_runs", {"mixed"}}};
  return rowOf<Metrix>(descriptor);
}

}  // namespace eq::loss
