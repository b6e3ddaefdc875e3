#include "core/model/base_network.h"

#include <functional>
#include <numeric>
#include <utility>

#include "core/base/error.h"
#include "core/model/regulariser.h"
#include "core/model/usual_parameters.h"

namespace eq::model {
namespace {

constexpr std::int64_t kPool = 2;

ParameterSpec listOrNull(const char* name, const char* doc) {
  return ParameterSpec::integerList(name, nullptr, doc).from(1).to(65536).orNull();
}

}  // namespace

std::string dropoutOf(const Block& block) {
  return block.owner == kTrunk ? "dropout" : "dropout." + block.name;
}

BaseNetwork::BaseNetwork(BaseSizes sizes, std::vector<std::int64_t> inputShape)
    : sizes_(std::move(sizes)), inputShape_(std::move(inputShape)), features_(featuresOfStages()) {}

std::vector<std::int64_t> BaseNetwork::featuresOfStages() const {
  const auto padding = sizes_.same ? sizes_.kernel / 2 : 0;
  std::vector<std::int64_t> features{std::accumulate(inputShape_.begin(), inputShape_.end(),
                                                     std::int64_t{1}, std::multiplies<>())};
  auto shape = inputShape_;
  for (const auto channels : sizes_.channels) {
    shape[0] = channels;
    for (const size_t side : {1, 2})
      shape[side] = (shape[side] + 2 * padding - sizes_.kernel + 1) / kPool;
    if (shape[1] < 1 || shape[2] < 1)
      fail(
          "model.channels: stage {} shrinks the image of {} x {} to nothing; use fewer stages or "
          "a smaller kernel",
          features.size(), inputShape_[1], inputShape_[2]);
    features.push_back(shape[0] * shape[1] * shape[2]);
  }
  features.insert(features.end(), sizes_.hidden.begin(), sizes_.hidden.end());
  return features;
}

std::int64_t BaseNetwork::units(size_t stage) const {
  const auto maps = sizes_.channels.size();
  return stage < maps ? sizes_.channels[stage] : sizes_.hidden.at(stage - maps);
}

std::unique_ptr<Layer> BaseNetwork::fullLayer(LayerFactory& factory, size_t stage,
                                              const Block& block,
                                              const std::string& network) const {
  return factory.linear(network + "." + std::to_string(stage), features(stage), features(stage + 1),
                        block);
}

std::unique_ptr<Layer> BaseNetwork::activation(LayerFactory& factory) const {
  return factory.activation(sizes_.activation);
}

void BaseNetwork::addStage(Sequence& into, LayerFactory& factory, size_t stage, const Block& block,
                           const std::string& network,
                           const std::shared_ptr<at::Generator>& dropout) const {
  const auto name = network + "." + std::to_string(stage);
  const auto maps = sizes_.channels.size();
  if (stage < maps) {
    const auto inputs = stage == 0 ? inputShape_[0] : sizes_.channels[stage - 1];
    into.add(factory.convolutionStage(name, inputs, sizes_.channels[stage], sizes_.kernel,
                                      sizes_.same ? sizes_.kernel / 2 : 0, kPool, block));
    return;
  }
  if (stage == maps) into.add(factory.flatten());
  into.add(fullLayer(factory, stage, block, network));
  into.add(activation(factory));
  if (sizes_.dropout > 0) into.add(factory.dropout(sizes_.dropout, dropout));
}

std::vector<ParameterSpec> withBase(std::vector<ParameterSpec> own) {
  std::vector<ParameterSpec> all{
      ParameterSpec::choice("base", "mlp", {"mlp", "cnn"},
                            "Network whose stages are shared or not"),
      listOrNull("hidden", "Width of each full layer; null: [128, 128] for mlp, [128] for cnn"),
      ParameterSpec::choice("activation", "relu", {"relu", "tanh", "gelu"},
                            "After each full layer of an mlp"),
      dropoutSpec("Probability of dropping a unit of a full layer below the heads"),
      ParameterSpec::integerList("channels", {16, 32}, "Filters of each stage of a cnn")
          .from(1)
          .to(65536),
      ParameterSpec::integer("kernel", 3, "Side of the filters of a cnn")
          .from(1)
          .to(65536)
          .in("pixels"),
      ParameterSpec::boolean("same", false,
                             "Pad so that a convolution keeps the size (odd kernels)"),
      headHiddenSpec(),
      regularisersSpec(),
      ParameterSpec::number("architecture_lr", 1,
                            "Factor on the learning rate of parameters that say what is shared, "
                            "where the model has some")
          .above(0),
  };
  all.insert(all.end(), std::make_move_iterator(own.begin()), std::make_move_iterator(own.end()));
  return all;
}

std::vector<ParameterSpec> withMlpBase(std::vector<ParameterSpec> own) {
  auto all = withBase(std::move(own));
  for (auto& spec : all)
    if (spec.name == "base") spec.choices = {"mlp"};
  return all;
}

std::vector<char> chosenStages(const std::string& path, const std::vector<std::int64_t>& given,
                               size_t stages) {
  std::vector<char> chosen(stages);
  for (const auto stage : given) {
    if (stage > static_cast<std::int64_t>(stages))
      fail("{}: {} is above {}, the number of stages", path, stage, stages);
    auto& one = chosen[static_cast<size_t>(stage) - 1];
    if (one) fail("{}: stage {} is there twice", path, stage);
    one = 1;
  }
  return chosen;
}

BaseNetwork baseFrom(const Parameters& parameters, const std::vector<std::int64_t>& inputShape,
                     const std::string& id) {
  const bool images = parameters.text("base") == "cnn";
  if (images && inputShape.size() != 3)
    fail("model.base: cnn needs images [channels, height, width], found inputs [{}]",
         fmt::join(inputShape, ", "));
  BaseSizes sizes;
  sizes.hidden = parameters.integers("hidden");
  if (parameters.isNull("hidden")) sizes.hidden.assign(images ? 1 : 2, 128);
  sizes.dropout = parameters.number("dropout");
  if (images) {
    sizes.channels = parameters.integers("channels");
    sizes.kernel = parameters.integer("kernel");
    sizes.same = parameters.boolean("same");
  } else {
    sizes.activation = parameters.text("activation");
  }
  BaseNetwork base(std::move(sizes), inputShape);
  if (base.stages() == 0) fail("model.hidden: needs at least one width, found []");
  if (base.features(0) < 1 || inputShape.empty())
    fail("model.id: {} needs inputs, found [{}]; an analytic problem needs the model point", id,
         fmt::join(inputShape, ", "));
  return base;
}

}  // namespace eq::model
