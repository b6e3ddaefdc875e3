#include "core/model/experts/ple_libmtl.h"

#include "core/model/experts/ple_levels.h"
#include "core/model/mixture.h"
#include "core/model/task_streams.h"

namespace eq::model {
namespace {

class PleOfLibmtl : public PleLevels {
 public:
  PleOfLibmtl(const Parameters& parameters, const BaseNetwork& base, const Setting& setting)
      : PleLevels(parameters, base, setting) {
    LayerFactory factory(parameters_, setting.seed);
    for (size_t level = 0; level < count_; ++level)
      addLevel(factory, LevelOwners::tasks, /*hasSharedStream=*/false);
    for (size_t k = 0; k < taskCount(); ++k) reads_[k] = {k};
    complete(factory, parameters);
    parameters_.allocate(setting.type);
  }

  /// The streams of the tasks. The shared experts of the first level read the inputs once for all.
  Maps represent(const at::Tensor& inputs, const Pass& pass) const override {
    const auto first = outputsOf(levels_[0].shared, inputs, pass);
    SameMasks masks(*generator_, pass);
    Maps streams(taskCount());
    for (size_t k = 0; k < taskCount(); ++k) {
      if (pass.active && !(*pass.active)[k]) continue;
      masks.begin();
      streams[k] = streamOf(k, inputs, first, pass);
    }
    return streams;
  }
  size_t frontier() const override { return 0; }
  bool ownsBelow() const override { return true; }

 private:
  at::Tensor streamOf(size_t task, const at::Tensor& inputs, const Maps& first,
                      const Pass& pass) const {
    auto stream = inputs;
    for (size_t level = 0; level < count_; ++level) {
      const auto& of = levels_[level];
      const auto shared = level == 0 ? first : outputsOf(of.shared, stream, pass);
      const auto experts = joined(shared, outputsOf(of.own[task], stream, pass));
      if (isLast(level)) observeDiversity(pass, experts);
      stream = mixed(level, static_cast<std::int64_t>(task), stream, experts, pass);
    }
    return stream.flatten(1);
  }
};

}  // namespace

std::unique_ptr<Model> pleOfLibmtl(const Parameters& parameters, const BaseNetwork& base,
                                   const Setting& setting) {
  return std::make_unique<PleOfLibmtl>(parameters, base, setting);
}

}  // namespace eq::model
