#include <cmath>
#include <map>

#include "core/base/error.h"
#include "core/merge/tables.h"
#include "core/metric/pareto/json_points.h"

namespace eq::merge {
namespace {

using nlohmann::json;

constexpr std::string_view kDown = "lora_a", kUp = "lora_b";

/// The two tensors of one adapter.
struct AdapterPair {
  const Place* down = nullptr;  ///< A [r, in]
  const Place* up = nullptr;    ///< B [out, r]
};

std::map<std::string, AdapterPair> pairsOf(const Question& question) {
  std::map<std::string, AdapterPair> pairs;
  for (const auto& place : question.places) {
    const bool down = place.name.ends_with(kDown), up = place.name.ends_with(kUp);
    if (!down && !up)
      fail("experts[0].{}: adapters have tensors named lora_a and lora_b, after any prefix alone",
           place.name);
    if (place.shape.size() != 2)
      fail("experts[0].{}: expected a matrix, found the shape {}", place.name,
           shapeText(place.shape));
    auto& pair = pairs[place.name.substr(0, place.name.size() - kDown.size())];
    (down ? pair.down : pair.up) = &place;
  }
  return pairs;
}

void checkPair(const std::string& prefix, const AdapterPair& pair, std::int64_t heads) {
  if (!pair.down) fail("experts[0].{}{}: is required and missing beside {}", prefix, kDown, kUp);
  if (!pair.up) fail("experts[0].{}{}: is required and missing beside {}", prefix, kUp, kDown);
  if (pair.down->shape[0] != pair.up->shape[1])
    fail("experts[0].{}{}: expected {} columns as {} has rows, found {}", prefix, kUp,
         pair.down->shape[0], kDown, pair.up->shape[1]);
  for (const auto& [size, name] :
       {std::pair{pair.down->shape[1], kDown}, std::pair{pair.up->shape[0], kUp}})
    if (size % heads != 0)
      fail("adapter_routing.heads: {} does not divide the {} of experts[0].{}{}", heads, size,
           prefix, name);
}

class AdapterRouting : public TensorMerge {
 public:
  explicit AdapterRouting(const Parameters& parameters)
      : TensorMerge(parameters, false),
        heads_(parameters.integer("heads")),
        epsilon_(parameters.number("epsilon")) {}

 protected:
  Merged merge(const Question& question, const json& input, std::uint64_t) const override {
    const auto pairs = pairsOf(question);
    for (const auto& [prefix, pair] : pairs) checkPair(prefix, pair, heads_);
    const auto weights = weightsOf(input, question.count());
    Eigen::VectorXd theta = Eigen::VectorXd::Zero(question.base.size());
    auto deltas = json::object();
    for (const auto& [prefix, pair] : pairs) {
      const RowMatrix down = mixed(question, *pair.down, weights, true);
      const RowMatrix up = mixed(question, *pair.up, weights, false);
      setMatrixAt(theta, *pair.down, down);
      setMatrixAt(theta, *pair.up, up);
      const RowMatrix delta = up * down;
      deltas[prefix.ends_with('.') ? prefix.substr(0, prefix.size() - 1) : prefix] =
          toJson(Tensor{{delta.rows(), delta.cols()},
                        false,
                        Eigen::Map<const Eigen::VectorXd>(delta.data(), delta.size()),
                        {}});
    }
    return {theta, {{"weights", weights}, {"delta", deltas}}};
  }

 private:
  metric::Points weightsOf(const json& input, size_t adapters) const {
    auto rows = metric::readRows(neededField(input, "routing"), "routing");
    if (rows.size() != static_cast<size_t>(heads_))
      fail("routing: expected {} rows, one a head, found {}", heads_, rows.size());
    if (rows[0].size() != adapters)
      fail("routing[0]: expected {} logits, one an expert, found {}", adapters, rows[0].size());
    for (size_t h = 0; h < rows.size(); ++h) toWeights(rows[h], h);
    return rows;
  }

  void toWeights(metric::Point& row, size_t head) const {
    double sum = epsilon_;
    for (double& z : row)
      sum += z = z < 0 ? std::exp(z) / (1 + std::exp(z)) : 1 / (1 + std::exp(-z));
    if (sum == 0)
      fail("routing[{}]: all weights of the head are 0; an \"epsilon\" above 0 admits that", head);
    for (double& z : row) z /= sum;
  }

  /// A's columns, or B's rows, are cut into equal parts, a head each.
  RowMatrix mixed(const Question& question, const Place& place, const metric::Points& weights,
                  bool columns) const {
    RowMatrix sum = RowMatrix::Zero(place.shape[0], place.shape[1]);
    const Eigen::Index part = place.shape[columns ? 1 : 0] / heads_;
    for (size_t k = 0; k < question.count(); ++k) {
      const RowMatrix matrix = matrixAt(question.experts[k], place);
      for (Eigen::Index h = 0; h < heads_; ++h) {
        const double weight = weights[static_cast<size_t>(h)][k];
        if (columns)
          sum.middleCols(h * part, part) += weight * matrix.middleCols(h * part, part);
        else
          sum.middleRows(h * part, part) += weight * matrix.middleRows(h * part, part);
      }
    }
    return sum;
  }

  Eigen::Index heads_;
  double epsilon_;
};

}  // namespace

MergeRows adapterRoutingRows() {
  Descriptor descriptor;
  descriptor.id = "adapter_routing";
  descriptor.title = "Adapter routing";
  descriptor.summary = "One adapter of several, mixed head by head with routing weights.";
  descriptor.formula =
      "w_{h,j} = σ(z_{h,j}) / (Σ_j σ(z_{h,j}) + ε); part h = Σ_j w_{h,j} part h of j";
  descriptor.citation =
      "Ponti et al., Combining Parameter-efficient Modules for Task-level Generalisation, EACL "
      "2023; Caccia et al., Multi-Head Adapter Routing for Cross-Task Generalization, NeurIPS 2023";
  descriptor.parameters = {
      excludeParameter(),
      ParameterSpec::integer("heads", 1, "Parts of the adapters; has to divide their widths")
          .from(1),
      ParameterSpec::number("epsilon", 1e-12, "ε").from(0)};
  descriptor.inputs = {
      baseField(false),
      {"experts", "[S] {NAME: tensor}", "adapters, tensors lora_a [r, in] and lora_b [out, r]"},
      {"routing", "[heads, S]", "logits z"}};
  descriptor.traits = {{"data", "none"}, {"runs", false}};
  return {mergeRow<AdapterRouting>(std::move(descriptor))};
}

}  // namespace eq::merge
