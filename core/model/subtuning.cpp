#include "core/model/subtuning.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/model/base_network.h"
#include "core/model/task_streams.h"

namespace eq::model {
namespace {

class Subtuning : public TaskStreams {
 public:
  /// \param tuned [stage] whether each task has a copy.
  Subtuning(const Parameters& parameters, const BaseNetwork& base, const std::vector<char>& tuned,
            const Setting& setting)
      : TaskStreams(setting), tuned_(tuned), frozen_(tuned.size()) {
    first_ = static_cast<size_t>(std::find(tuned.begin(), tuned.end(), 1) - tuned.begin());
    copies_.resize(taskCount());
    for (auto& copies : copies_) copies.resize(tuned.size());
    LayerFactory factory(parameters_, setting.seed);
    for (size_t stage = 0; stage < tuned.size(); ++stage)
      if (tuned[stage])
        addCopies(base, factory, stage, setting.seed);
      else
        base.addStage(frozen_[stage], factory, stage, frozenBlock(), Block().name, generator_);
    addHeads(factory, std::vector<std::int64_t>(taskCount(), base.features(base.stages())),
             parameters);
    parameters_.allocate(setting.type);
  }

  /// A copy goes on from the stage of a base that was trained before.
  Origins origins() const override {
    Origins origins;
    const auto& infos = parameters_.infos();
    for (const auto& copies : copies_)
      for (const auto& copy : copies)
        for (const auto index : copy.parameters()) {
          const auto& info = infos[index];
          origins[info.name] = {Block().name + info.name.substr(info.block.name.size())};
        }
    return origins;
  }

 protected:
  /// What comes before the first stage that is tuned.
  std::vector<at::Tensor> common(const at::Tensor& inputs, const Pass& pass) const override {
    auto h = inputs;
    for (size_t stage = 0; stage < first_; ++stage)
      h = frozen_[stage].forward(h, parameters_, pass, nullptr);
    return {h};
  }

  at::Tensor stream(size_t task, const std::vector<at::Tensor>& common,
                    const Pass& pass) const override {
    auto h = common[0];
    for (size_t stage = first_; stage < tuned_.size(); ++stage) {
      const auto& layers = tuned_[stage] ? copies_[task][stage] : frozen_[stage];
      h = layers.forward(h, parameters_, pass, nullptr);
    }
    return h;
  }

 private:
  static Block frozenBlock() {
    Block block;
    block.trainable = false;
    return block;
  }

  /// All begin as the base does.
  void addCopies(const BaseNetwork& base, LayerFactory& factory, size_t stage, std::uint64_t seed) {
    for (size_t k = 0; k < copies_.size(); ++k) {
      const auto block = blockOf(k, Part::task);
      LayerFactory other(parameters_, seed);
      base.addStage(copies_[k][stage], k == 0 ? factory : other, stage, block, block.name,
                    generator_);
      const auto own = copies_[k][stage].parameters(), first = copies_[0][stage].parameters();
      for (size_t i = 0; i < own.size(); ++i) parameters_.beginAs(own[i], first[i]);
    }
  }

  std::vector<char> tuned_;
  size_t first_ = 0;                           ///< stage that is tuned
  std::vector<Sequence> frozen_;               ///< [stage]; empty where it is tuned
  std::vector<std::vector<Sequence>> copies_;  ///< [task][stage]; empty where it is not
};

/// [stage].
std::vector<char> tunedFrom(const std::vector<std::int64_t>& given, size_t stages) {
  if (given.empty()) fail("model.tuned: needs at least one stage, found []");
  return chosenStages("model.tuned", given, stages);
}

}  // namespace

CatalogRow<Model, const Setting&> subtuningRow() {
  Descriptor descriptor;
  descriptor.id = "subtuning";
  descriptor.title = "Subset finetuning";
  descriptor.summary =
      "A base network that stays as it is; of some of its stages every task has a copy of its own, "
      "which is trained with its head.";
  descriptor.formula = "h_{k,s} = f_{k,s}(h_{k,s-1}) of tuned stages, else f_s(h_{k,s-1})";
  descriptor.citation =
      "Kaplun et al., Less is more: selective layer finetuning with SubTuning, arXiv 2302.06354, "
      "2023";
  descriptor.parameters =
      withBase({ParameterSpec::integerList("tuned", nlohmann::json::array(),
                                           "Stages, from 1, that each task trains for itself")
                    .from(1)
                    .to(65536)
                    .needed()});
  return {descriptor,
          [](const Parameters& parameters, const Setting& setting) -> std::unique_ptr<Model> {
            const auto base = baseFrom(parameters, setting.inputShape, "subtuning");
            const auto tuned = tunedFrom(parameters.integers("tuned"), base.stages());
            return std::make_unique<Subtuning>(parameters, base, tuned, setting);
          }};
}

}  // namespace eq::model
