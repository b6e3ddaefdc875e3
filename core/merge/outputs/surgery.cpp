#include "core/base/error.h"
#include "core/merge/outputs/output_fields.h"
#include "core/merge/tables.h"

namespace eq::merge {
namespace {

using nlohmann::json;

double signOfEntry(double x) {
  return x > 0 ? 1 : x < 0 ? -1 : 0;
}

/// ẑ = z − B ReLU(A z), the mean distance from the target and its derivatives.
struct Correction {
  RowMatrix corrected, downGradient, upGradient;
  double loss = 0;
};

Correction corrected(const RowMatrix& z, const RowMatrix& down, const RowMatrix& up,
                     const RowMatrix& target) {
  Correction found;
  const RowMatrix inner = z * down.transpose();
  const RowMatrix active = inner.cwiseMax(0);
  found.corrected = z - active * up.transpose();
  const RowMatrix error = found.corrected - target;
  found.loss = error.cwiseAbs().mean();
  const RowMatrix slope = error.unaryExpr(&signOfEntry) / static_cast<double>(error.size());
  found.upGradient = -slope.transpose() * active;
  const RowMatrix reached = (inner.array() > 0).select(slope * up, 0.0);
  found.downGradient = -reached.transpose() * z;
  return found;
}

class Surgery : public MergeMethod {
 public:
  explicit Surgery(const Parameters&) {}

 private:
  json answer(const json& input, std::uint64_t) const override {
    const auto z = readMatrices(input, "representations");
    const auto down = readMatrices(input, "down");
    const auto up = readMatrices(input, "up");
    const auto targets = readMatrices(input, "targets");
    for (const auto& [list, name] : {std::pair{&down, "down"}, {&up, "up"}, {&targets, "targets"}})
      if (list->size() != z.size())
        fail("{}: expected {} matrices, one a task as in representations, found {}", name, z.size(),
             list->size());
    std::vector<RowMatrix> corrections, downs, ups;
    std::vector<double> losses;
    for (size_t k = 0; k < z.size(); ++k) {
      checkShape(down[k], down[k].rows(), z[k].cols(), fmt::format("down[{}]", k));
      checkShape(up[k], z[k].cols(), down[k].rows(), fmt::format("up[{}]", k));
      checkShape(targets[k], z[k].rows(), z[k].cols(), fmt::format("targets[{}]", k));
      const auto found = corrected(z[k], down[k], up[k], targets[k]);
      corrections.push_back(found.corrected);
      downs.push_back(found.downGradient);
      ups.push_back(found.upGradient);
      losses.push_back(found.loss);
    }
    return {{"corrected", matricesToJson(corrections)},
            {"losses", losses},
            {"down_gradients", matricesToJson(downs)},
            {"up_gradients", matricesToJson(ups)}};
  }
};

}  // namespace

MergeRows surgeryRows() {
  Descriptor descriptor;
  descriptor.id = "surgery";
  descriptor.title = "Representation surgery";
  descriptor.summary =
      "A low-rank correction for each task brings the merged representation near to the expert's.";
  descriptor.formula = "ẑ = z − B ReLU(A z), loss = mean |ẑ − z_k|";
  descriptor.citation =
      "Yang et al., Representation Surgery for Multi-Task Model Merging, ICML 2024";
  descriptor.parameters = {
      ParameterSpec::integer("rank", 16, "Runs: r").from(1),
      ParameterSpec::object("inner", {{"id", "weight_average"}},
                            "Runs: {\"id\", \"params\"} of the merge below it"),
      trainingSteps(1000), learningRate(0.001), batchSize(16)};
  descriptor.inputs = {{"representations", "[K, N, D]", "z of the merged model"},
                       {"down", "[K, r, D]", "A"},
                       {"up", "[K, D, r]", "B"},
                       {"targets", "[K, N, D]", "z_k of the experts"}};
  descriptor.traits = {{"data", "validation inputs"}};
  return {mergeRow<Surgery>(std::move(descriptor))};
}

}  // namespace eq::merge
