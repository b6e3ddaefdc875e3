#include "core/model/task_parts/transtee.h"

#include <algorithm>
#include <optional>
#include <string>

#include <ATen/TensorOperators.h>
#include <ATen/ops/zeros.h>

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/model/initial_values.h"
#include "core/model/mixture.h"
#include "core/model/observations.h"
#include "core/model/task_parts/query_attention.h"
#include "core/model/task_streams.h"
#include "core/model/token_encoder.h"

namespace eq::model {
namespace {

constexpr double kEmbeddingSize = 0.01;  // standard deviation of their initial values

class Transtee : public TaskStreams {
 public:
  /// \param treatment number of the input; -1: none.
  Transtee(const Parameters& parameters, std::int64_t treatment, const Setting& setting)
      : TaskStreams(setting), treatment_(treatment) {
    const auto width = parameters.integer("width");
    LayerFactory factory(parameters_, setting.seed);
    body_.add(factory.columns("trunk.embed", setting.inputShape[0], width, Block()));
    addTokenEncoder(body_, factory, parameters, generator_);
    LayerFactory own(parameters_, deriveSeed(setting.seed, "trunk.query"));
    attention_.emplace(own, "trunk.query", width, parameters.integer("attention_heads"),
                       parameters.text("attention"), Block());
    if (treatment_ >= 0) addTreatment(width, setting.seed);
    for (size_t k = 0; k < taskCount(); ++k) {
      const auto block = blockOf(k, Part::task);
      const auto name = block.name + ".query";
      queries_.push_back(
          parameters_.add(name, normalByName(setting.seed, name, {width}, kEmbeddingSize), block));
    }
    addHeads(factory, std::vector<std::int64_t>(taskCount(), width), parameters);
    parameters_.allocate(setting.type);
  }

 protected:
  /// Keys and values of the tokens, and what the treatment adds to every query.
  std::vector<at::Tensor> common(const at::Tensor& inputs, const Pass& pass) const override {
    const auto tokens =
        attention_->read(body_.forward(inputs, parameters_, pass, nullptr), parameters_, pass);
    std::vector<at::Tensor> found{tokens.keys, tokens.values};
    if (treatment_ >= 0)
      found.push_back(inputs.narrow(1, treatment_, 1) * parameters_.tensor(treatmentWeight_) +
                      parameters_.tensor(treatmentBias_));
    return found;
  }

  at::Tensor stream(size_t task, const std::vector<at::Tensor>& common,
                    const Pass& pass) const override {
    auto query = parameters_.tensor(queries_[task]).unsqueeze(0);
    if (treatment_ >= 0) query = query + common[2];
    const auto found = attention_->attend(query, {common[0], common[1]}, parameters_, pass);
    if (pass.seen)
      pass.seen->add("attention", static_cast<std::int64_t>(task), {},
                     examplesOf(pass, found.shares.detach()).mean(0).mean(0));
    return found.query;
  }

 private:
  void addTreatment(std::int64_t width, std::uint64_t seed) {
    const std::string name = "trunk.treatment.weight";
    treatmentWeight_ =
        parameters_.add(name, normalByName(seed, name, {width}, kEmbeddingSize), Block());
    treatmentBias_ = parameters_.add(
        "trunk.treatment.bias", at::zeros({width}, at::TensorOptions().dtype(at::kFloat)), Block());
  }

  std::int64_t treatment_;
  Sequence body_;
  std::optional<QueryAttention> attention_;
  size_t treatmentWeight_ = 0, treatmentBias_ = 0;  ///< e_t and b_t, where there is a treatment
  std::vector<size_t> queries_;                     ///< [task]
};

/// The number of the input that the treatment is; -1: there is none.
std::int64_t treatmentFrom(const Parameters& parameters, const Setting& setting) {
  if (parameters.isNull("treatment")) return -1;
  const auto name = parameters.text("treatment");
  const auto& names = setting.inputNames;
  if (std::ssize(names) != setting.inputShape[0])
    fail("model.treatment: there is no input \"{}\"; the inputs have no names", name);
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end())
    fail("model.treatment: there is no input \"{}\"; there are {}", name, fmt::join(names, ", "));
  return found - names.begin();
}

std::unique_ptr<Model> makeTranstee(const Parameters& parameters, const Setting& setting) {
  if (setting.inputShape.size() != 1 || setting.inputShape[0] < 1)
    fail("model.id: transtee needs the columns of a table, found inputs [{}]",
         fmt::join(setting.inputShape, ", "));
  checkTokenEncoder(parameters);
  return std::make_unique<Transtee>(parameters, treatmentFrom(parameters, setting), setting);
}

}  // namespace

CatalogRow<Model, const Setting&> transteeRow() {
  Descriptor descriptor;
  descriptor.id = "transtee";
  descriptor.title = "Transformer for effects of treatments";
  descriptor.summary =
      "A shared encoder of a table's columns, to which a query of each task attends, such as the "
      "outcome with and without a treatment.";
  descriptor.formula =
      "t = encoder of columns x_j e_j + b_j; q_k ← q_k [+ e_t x_t + b_t]; z_k = q_k + Att(LN q_k, "
      "LN t); ŷ_k = V_k z_k + c_k";
  descriptor.citation =
      "Zhang et al., Exploring transformer backbones for heterogeneous treatment effect estimation "
      "(TransTEE), 2022. Read there: embeddings are linear, with weights N(0, 0.01²); recalled: "
      "all "
      "else. Chosen here: the treatment's column stays among the tokens, b_t begins at 0";
  descriptor.parameters = tokenEncoderSpecs();
  auto treatment = ParameterSpec::text(
      "treatment", "", "Input column of what was given; it is added to the queries");
  treatment.defaultValue = nullptr;
  descriptor.parameters.push_back(treatment.orNull());
  descriptor.traits["series"] =
      nlohmann::json::array({{{"series", "attention"},
                              {"draw", "bars"},
                              {"axes", {"input"}},
                              {"label", "Attention to the input, mean over the batch"}}});
  return {descriptor, makeTranstee};
}

}  // namespace eq::model
