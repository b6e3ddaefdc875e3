#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/model/base_network.h"
#include "core/model/model.h"

namespace eq::model {

/// A full layer of the base, to which something is added.
struct AdaptedLayer {
  std::int64_t stage = 0;    ///< among all stages of the base, from 1
  std::int64_t inputs = 0;   ///< numbers that it reads
  std::int64_t outputs = 0;  ///< its units
  std::unique_ptr<Layer> layer = nullptr;

  /// What names of parameters have of the stage, after those of the base: "0" of the first.
  std::string number() const { return std::to_string(stage - 1); }
};

/// A base whose full layers take additions of low rank, h = φ(W x + b + Δ(x)). Convolutions keep
/// their weights. Additions begin at zero: step 0 is that of the base, with the same seed and the
/// same masks of dropout, which all streams of a layer have in common.
class LowRankModel : public HeadedModel {
 public:
  /// One representation a stream.
  std::vector<at::Tensor> represent(const at::Tensor& inputs, const Pass& pass) const override;
  size_t frontier() const override { return apart_ ? 0 : 1; }
  bool ownsBelow() const override { return apart_; }

 protected:
  /// \param apart whether additions differ by task, so that each task has a stream of its own.
  LowRankModel(const Setting& setting, bool apart) : HeadedModel(setting), apart_(apart) {}

  /// Adds the base, from today's stream. \param id of the model, for messages. \param add adds what
  /// a layer takes that the tasks share; it is called before the layer is there, so that the last
  /// shared layer is one of the base. \throws Error where the base cannot be made, or has no full
  /// layer.
  void addBase(LayerFactory& factory, const Parameters& parameters, const Setting& setting,
               const std::string& id, const std::function<void(const AdaptedLayer&)>& add);
  /// Call it after all else.
  void addHeadsAndAllocate(LayerFactory& factory, const Parameters& parameters,
                           const Setting& setting);
  const std::vector<AdaptedLayer>& adapted() const { return adapted_; }

  /// What additions to all layers read of the inputs beside; undefined where they read nothing.
  virtual at::Tensor beside(const at::Tensor& /*inputs*/, const Pass& /*pass*/) const { return {}; }
  /// Δ(x). \param layer among the adapted ones. \param task whose stream it is; 0 of a common one.
  /// \param x [N, inputs]. \param beside as above.
  virtual at::Tensor addition(size_t layer, size_t task, const at::Tensor& x,
                              const at::Tensor& beside, const Pass& pass) const = 0;

 private:
  at::Tensor drawMask(const at::Tensor& h, std::int64_t units, const Pass& pass) const;
  at::Tensor behind(const at::Tensor& sum, const at::Tensor& mask) const;

  bool apart_;
  Sequence below_;  ///< convolutions, flat behind them
  std::vector<AdaptedLayer> adapted_;
  std::unique_ptr<Layer> activation_;
  double dropout_ = 0;
};

/// Whether the base of such a model learns.
ParameterSpec trainBaseSpec();

}  // namespace eq::model
