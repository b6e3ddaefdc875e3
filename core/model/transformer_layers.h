#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/model/layers.h"
#include "core/model/model.h"

namespace eq::model {

/// The layers of an encoder over the squares of an image or the columns of a table.
class TransformerLayers {
 public:
  /// \param block of its parameters. \param dropout draws the masks.
  /// \throws Error where the inputs do not fit, with the id of the model.
  TransformerLayers(const Parameters& parameters, const Setting& setting, const std::string& id,
                    Block block, std::shared_ptr<at::Generator> dropout);

  std::int64_t width() const { return width_; }
  /// From the inputs to tokens [N, T, width].
  void addEmbedding(Sequence& into, LayerFactory& factory) const;
  /// From any number of tokens to the mean over them, [N, width].
  void addEncoder(Sequence& into, LayerFactory& factory) const;

 private:
  Parameters parameters_;
  std::vector<std::int64_t> inputShape_;
  Block block_;
  std::shared_ptr<at::Generator> dropout_;
  std::int64_t width_;
};

/// What every such model takes, then its own.
std::vector<ParameterSpec> withTransformer(std::vector<ParameterSpec> own);

}  // namespace eq::model
