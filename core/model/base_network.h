#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/parameter.h"
#include "core/model/layers.h"

namespace eq::model {

/// Sizes of a network that is made of stages.
struct BaseSizes {
  std::vector<std::int64_t> channels = {};  ///< of convolution, ReLU and 2 x 2 pooling, each
  std::int64_t kernel = 3;
  bool same = false;                      ///< convolutions keep the size of the image
  std::vector<std::int64_t> hidden = {};  ///< full layers with an activation after those
  std::string activation = "relu";
  double dropout = 0;  ///< after each full layer
};

/// The name of the stream that draws masks of dropout behind layers of a block. What only some
/// tasks go through draws from one of its own: so what it draws does not hang on who else takes
/// part.
std::string dropoutOf(const Block& block);

/// A network whose stages can be made in copies: `mlp` and `cnn` are made of one copy, sharing
/// architectures of more.
class BaseNetwork {
 public:
  /// \throws Error `model.channels: ...` when the image is too small for the stages.
  BaseNetwork(BaseSizes sizes, std::vector<std::int64_t> inputShape);

  size_t stages() const { return sizes_.channels.size() + sizes_.hidden.size(); }
  /// Numbers of one example after so many stages; after none those of the inputs.
  std::int64_t features(size_t stages) const { return features_.at(stages); }

  /// Units of a stage: of its full layer, or channels of its maps. \param stage from 0.
  std::int64_t units(size_t stage) const;

  /// Whether a stage is a full layer; those behind it are too.
  bool isFull(size_t stage) const { return stage >= sizes_.channels.size(); }
  /// Probability of dropping a unit after each full layer.
  double dropout() const { return sizes_.dropout; }

  /// The full layer of such a stage by itself, on flat inputs. \param network as of `addStage`.
  std::unique_ptr<Layer> fullLayer(LayerFactory& factory, size_t stage, const Block& block,
                                   const std::string& network) const;
  /// The activation behind it.
  std::unique_ptr<Layer> activation(LayerFactory& factory) const;

  /// Adds one copy of a stage. \param stage from 0. \param network its name;
  /// the stage's number is added. \param dropout draws the masks.
  void addStage(Sequence& into, LayerFactory& factory, size_t stage, const Block& block,
                const std::string& network, const std::shared_ptr<at::Generator>& dropout) const;

 private:
  std::vector<std::int64_t> featuresOfStages() const;

  BaseSizes sizes_;
  std::vector<std::int64_t> inputShape_;
  std::vector<std::int64_t> features_;
};

/// What every architecture with a `base` takes, then its own.
std::vector<ParameterSpec> withBase(std::vector<ParameterSpec> own);
/// The same where the base can only be an `mlp`.
std::vector<ParameterSpec> withMlpBase(std::vector<ParameterSpec> own);

/// [stage] whether it is in a list of stages from 1. \param path of the list, for messages.
/// \throws Error where one is above the number of stages, or there twice.
std::vector<char> chosenStages(const std::string& path, const std::vector<std::int64_t>& given,
                               size_t stages);

/// The base that these parameters describe. \param id of the model, for messages.
/// \throws Error `model.base: ...` when it cannot be made for such inputs.
BaseNetwork baseFrom(const Parameters& parameters, const std::vector<std::int64_t>& inputShape,
                     const std::string& id);

}  // namespace eq::model
