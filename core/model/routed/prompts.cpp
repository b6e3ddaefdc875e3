#include "core/model/routed/prompts.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>

#include "core/model/initial_values.h"
#include "core/model/prompt_layer.h"
#include "core/model/task_streams.h"
#include "core/model/transformer_layers.h"

namespace eq::model {
namespace {

constexpr double kFirstDeviation = 0.02;

Block baseBlock(const Parameters& parameters) {
  Block block;
  block.trainable = parameters.boolean("train_base");
  return block;
}

at::Tensor firstPrompts(const Setting& setting, const std::string& name, std::int64_t count,
                        std::int64_t width) {
  return normalByName(setting.seed, name, {count, width}, kFirstDeviation);
}

/// Adds the tokens that all tasks have, where there are some.
void addSharedPrompts(Sequence& into, ParameterBuffer& buffer, const Parameters& parameters,
                      const Setting& setting) {
  const auto count = parameters.integer("shared_prompts");
  if (count == 0) return;
  const std::string name = "trunk.prompts.shared";
  const auto values = firstPrompts(setting, name, count, parameters.integer("width"));
  into.add(std::make_unique<PromptLayer>(buffer.add(name, values, Block())));
}

/// One stream, with tokens that all tasks have.
class SharedPrompts : public SequenceModel {
 public:
  SharedPrompts(const Parameters& parameters, const Setting& setting) : SequenceModel(setting) {
    const TransformerLayers layers(parameters, setting, "prompts", baseBlock(parameters),
                                   generator_);
    LayerFactory factory(parameters_, setting.seed);
    layers.addEmbedding(trunk_, factory);
    addSharedPrompts(trunk_, parameters_, parameters, setting);
    layers.addEncoder(trunk_, factory);
    addHeads(factory, layers.width(), parameters);
    parameters_.allocate(setting.type);
  }
};

/// A stream a task, with tokens of its own between those of all and the input's.
class TaskPrompts : public TaskStreams {
 public:
  TaskPrompts(const Parameters& parameters, const Setting& setting) : TaskStreams(setting) {
    const TransformerLayers layers(parameters, setting, "prompts", baseBlock(parameters),
                                   generator_);
    LayerFactory factory(parameters_, setting.seed);
    layers.addEmbedding(embedding_, factory);
    addSharedPrompts(encoder_, parameters_, parameters, setting);
    layers.addEncoder(encoder_, factory);
    for (size_t k = 0; k < taskCount(); ++k) {
      const auto block = blockOf(k, Part::task);
      const auto name = block.name + ".prompts";
      const auto count = parameters.integer("task_prompts");
      prompts_.emplace_back(
          parameters_.add(name, firstPrompts(setting, name, count, layers.width()), block));
    }
    addHeads(factory, std::vector<std::int64_t>(taskCount(), layers.width()), parameters);
    parameters_.allocate(setting.type);
  }

 protected:
  std::vector<at::Tensor> common(const at::Tensor& inputs, const Pass& pass) const override {
    return {embedding_.forward(inputs, parameters_, pass, nullptr)};
  }

  at::Tensor stream(size_t task, const std::vector<at::Tensor>& common,
                    const Pass& pass) const override {
    const auto prompted = prompts_[task].forward(common[0], parameters_, pass, nullptr);
    return encoder_.forward(prompted, parameters_, pass, nullptr);
  }

 private:
  Sequence embedding_, encoder_;
  std::vector<PromptLayer> prompts_;  ///< [task]
};

}  // namespace

CatalogRow<Model, const Setting&> promptsRow() {
  Descriptor descriptor;
  descriptor.id = "prompts";
  descriptor.title = "Prompt tuning";
  descriptor.summary =
      "A transformer that reads learned tokens before those of the input: some that all tasks "
      "have, "
      "and some of each task alone, which then goes through the encoder by itself.";
  descriptor.formula =
      "z_k = mean over tokens of encoder([p_1 … p_P ; p_{k,1} … p_{k,T} ; embedding(x)]); ŷ_k = "
      "V_k "
      "z_k + c_k";
  descriptor.citation =
      "Lester et al., The power of scale for parameter-efficient prompt tuning, EMNLP 2021; shared "
      "prompts beside a task's: Shen et al., Multitask vision-language prompt tuning, WACV 2024";
  descriptor.parameters = withTransformer(
      {ParameterSpec::integer("shared_prompts", 4, "P: tokens that all tasks have")
           .from(0)
           .to(65536),
       ParameterSpec::integer("task_prompts", 0, "T: tokens of each task alone").from(0).to(65536),
       ParameterSpec::boolean("train_base", true,
                              "Whether the transformer learns too; else it stays as it begins")});
  return {descriptor,
          [](const Parameters& parameters, const Setting& setting) -> std::unique_ptr<Model> {
            if (parameters.integer("task_prompts") > 0)
              return std::make_unique<TaskPrompts>(parameters, setting);
            return std::make_unique<SharedPrompts>(parameters, setting);
          }};
}

}  // namespace eq::model
