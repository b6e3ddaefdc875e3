#include "core/loss/embedding/center.h"

#include <ATen/TensorOperators.h>

#include "core/base/error.h"
#include "core/loss/checks.h"
#include "core/loss/embedding_support.h"
#include "core/loss/row.h"

namespace eq::loss {
namespace {

class Center : public EmbeddingLoss {
 public:
  explicit Center(const Parameters& parameters)
      : EmbeddingLoss("center", false),
        halfSum_(parameters.text("form") == "half_sum"),
        ignored_(parameters.integer("ignore_index")) {}

  Value evaluate(const Batch& batch, bool) const override {
    const auto& x = batch.prediction;
    const auto valid = batch.target != ignored_, ignored = valid.logical_not();
    const auto own =
        partner(batch, "centers").index_select(0, batch.target.masked_fill(ignored, 0));
    const auto squares = squaredRowDistances(x, own).masked_fill(ignored, 0);
    if (!halfSum_) return anchorMean(squares, valid);
    const auto halves = squares / 2;
    return {halves.sum(), halves, valid};
  }

  std::vector<Readout> readouts(const TaskInfo& task) const override {
    auto readout = EmbeddingLoss::readouts(task).front();
    readout.fields = {{"centers", LearnedField::Kind::points, task.width}};
    return {readout};
  }
  /// The nearest centre wins.
  at::Tensor decode(const Batch& batch) const override {
    return squaredDistances(batch.prediction, partner(batch, "centers")) / -2;
  }

 private:
  void checkFurther(const Batch& batch) const override {
    const auto centers = batch.field("centers");
    checkNumbers(id(), "centers", centers);
    if (centers.dim() != 2 || centers.size(1) != batch.prediction.size(1))
      fail("{}.centers: expected [C, D] with D = {} of the prediction, found {}", id(),
           batch.prediction.size(1), shapeText(centers));
    checkLabels(id(), batch);
    checkIndices(id(), batch.target, centers.size(0), ignored_);
  }

  bool halfSum_;
  std::int64_t ignored_;
};

}  // namespace

CatalogRow<Loss> centerRow() {
  Descriptor descriptor;
  descriptor.id = "center";
  descriptor.title = "Center loss";
  descriptor.summary = "Draws embeddings, as they are, to the centre of their class.";
  descriptor.formula = "L = ½ Σ_i ‖x_i − c_{y_i}‖²; mean: ‖x_i − c_{y_i}‖² averaged";
  descriptor.citation =
      "Wen et al., A Discriminative Feature Learning Approach for Deep Face Recognition, ECCV 2016";
  descriptor.parameters = {
      ParameterSpec::choice("form", "half_sum", {"half_sum", "mean"},
                            "Half the sum of the squares, or their mean"),
      ParameterSpec::integer("ignore_index", -100, "Target of samples that do not count")};
  descriptor.taskKinds = {TaskKind::classification};
  descriptor.inputs = {embeddingInput(),
                       {"target", "int [N]", "classes 0..C-1, or ignore_index"},
                       {"centers", "[C, D]", "the centre of each class"}};
  descriptor.traits = {{"prediction", "embedding"},
                       {"learned", {"centers"}},
                       {"adds_up_when", {{"form", "half_sum"}}}};
  return rowOf<Center>(descriptor);
}

}  // namespace eq::loss
