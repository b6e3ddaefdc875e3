#include "core/model/task_parts/subject_adapters.h"

#include "core/base/random.h"
#include "core/model/base_network.h"
#include "core/model/task_streams.h"

namespace eq::model {
namespace {

class SubjectAdapters : public TaskStreams {
 public:
  SubjectAdapters(const Parameters& parameters, const Setting& setting)
      : TaskStreams(setting), adapters_(setting.tasks.size()) {
    const auto inputs = baseFrom(parameters, setting.inputShape, "subject_adapters").features(0);
    const auto width = parameters.integer("adapter_width");
    const auto base = baseFrom(parameters, {width}, "subject_adapters");
    LayerFactory factory(parameters_, setting.seed);
    for (size_t stage = 0; stage < base.stages(); ++stage)
      base.addStage(base_, factory, stage, Block(), "trunk", generator_);
    for (size_t k = 0; k < taskCount(); ++k) {
      const auto block = blockOf(k, Part::task);
      const auto name = block.name + ".adapter";
      LayerFactory own(parameters_, deriveSeed(setting.seed, name));
      adapters_[k].add(own.flatten());
      adapters_[k].add(own.linear(name, inputs, width, block));
    }
    addHeads(factory, std::vector<std::int64_t>(taskCount(), base.features(base.stages())),
             parameters);
    parameters_.allocate(setting.type);
  }

 protected:
  at::Tensor stream(size_t task, const std::vector<at::Tensor>& common,
                    const Pass& pass) const override {
    const auto adapted = adapters_[task].forward(common[0], parameters_, pass, nullptr);
    return base_.forward(adapted, parameters_, pass, nullptr);
  }

 private:
  Sequence base_;
  std::vector<Sequence> adapters_;  ///< [task]
};

}  // namespace

CatalogRow<Model, const Setting&> subjectAdaptersRow() {
  Descriptor descriptor;
  descriptor.id = "subject_adapters";
  descriptor.title = "Adapters of subjects";
  descriptor.summary =
      "Each task, such as a person that is measured, has a linear map of its inputs into the space "
      "that a shared network reads.";
  descriptor.formula = "z_k = f(A_k x + a_k), f shared; ŷ_k = V_k z_k + c_k";
  descriptor.citation =
      "Défossez et al., Decoding speech perception from non-invasive brain recordings, Nature "
      "Machine Intelligence 2023 (a layer a subject). Recalled, not read: it is one full layer "
      "without an activation";
  descriptor.parameters = withMlpBase(
      {ParameterSpec::integer("adapter_width", 64, "Numbers that the shared network reads")
           .from(1)
           .to(65536)});
  return {descriptor,
          [](const Parameters& parameters, const Setting& setting) -> std::unique_ptr<Model> {
            return std::make_unique<SubjectAdapters>(parameters, setting);
          }};
}

}  // namespace eq::model
