#include "core/model/script/torchscript_trunk.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>
#include <fmt/ranges.h>

#include "core/base/error.h"
#include "core/model/regulariser.h"
#include "core/model/script/multiply_adds.h"
#include "core/model/script/scripted_trunk.h"
#include "core/model/usual_parameters.h"

namespace eq::model {
namespace {

constexpr const char* kPlace = "model";
constexpr std::int64_t kTried = 2;  // examples; of one, batch normalisation has no variance

class TorchscriptTrunk : public HeadedModel {
 public:
  TorchscriptTrunk(const Parameters& parameters, const Setting& setting);

  std::vector<at::Tensor> represent(const at::Tensor& inputs, const Pass& pass) const override;
  std::vector<Cleared> afterStep(const Progress& at) const override;
  bool isPlain() const override { return !trains_ || bufferNames_.empty(); }

 protected:
  at::Tensor features(size_t, const std::vector<at::Tensor>& read, const Pass&) const override {
    return read.front().flatten(1);
  }

 private:
  ScriptedTrunk::Call callFor(bool training, bool keepsDraws) const;
  ScriptedTrunk& on(const at::Device& device) const;
  std::vector<std::int64_t> tryOut(const Setting& setting) const;
  at::Tensor tried(const at::Tensor& inputs, bool training) const;
  at::Tensor answer(const at::Tensor& inputs, ScriptedTrunk::Call& call) const;
  std::int64_t versions() const;

  script::OpenScript script_;
  std::vector<size_t> indices_;           ///< of the parameters, in the module's order
  std::vector<std::string> bufferNames_;  ///< of the buffers, in the module's order
  at::ScalarType type_;
  bool trains_ = false;  ///< whether anything of the trunk is trained; else it is a fixed function
  std::shared_ptr<at::Generator> draws_;
  std::vector<std::int64_t> width_;  ///< of a representation, without the examples

  mutable std::optional<at::Device> device_;  ///< of the module
  mutable std::unique_ptr<ScriptedTrunk> module_;
  // What the first training pass of a step left in the buffers, until the step is over.
  mutable std::vector<at::Tensor> left_;
  mutable std::int64_t step_ = -1;      ///< of that pass
  mutable std::int64_t versions_ = -1;  ///< of the buffers at that pass, or after the step
};

TorchscriptTrunk::TorchscriptTrunk(const Parameters& parameters, const Setting& setting)
    : HeadedModel(setting),
      script_(script::openScript(parameters.text("path"), parameters.text("sha256"), kPlace)),
      type_(setting.type),
      draws_(addStream("script")) {
  if (setting.inputShape.empty())
    fail(
        "model.id: torchscript_trunk needs inputs, found []; an analytic problem needs the model "
        "point");
  const auto& module = on(at::Device(at::kCPU));
  for (const auto& [name, initial, trained] : module.parameters()) {
    Block block;
    block.trainable = trained && !parameters.boolean("frozen");
    indices_.push_back(parameters_.add("trunk." + name, initial, block));
    trains_ = trains_ || parameters_.infos().back().block.trainable;
  }
  for (const auto& [name, initial, trained] : module.buffers()) {
    bufferNames_.push_back("trunk." + name);
    buffers_[bufferNames_.back()] =
        initial.is_floating_point() ? initial.to(type_, false, true) : initial.clone();
  }
  // The heads' sizes come from a trial, which needs parameters that are laid out.
  std::int64_t features = 1;
  width_ = tryOut(setting);
  for (const auto size : width_) features *= size;
  LayerFactory factory(parameters_, setting.seed);
  addHeads(factory, std::vector<std::int64_t>(taskCount(), features), parameters);
  parameters_.allocate(type_);
}

/// The module where the inputs are: constants of its code move with it only when it is loaded.
ScriptedTrunk& TorchscriptTrunk::on(const at::Device& device) const {
  if (!module_ || *device_ != device) {
    module_ = std::make_unique<ScriptedTrunk>(script_, device);
    device_ = device;
  }
  return *module_;
}

ScriptedTrunk::Call TorchscriptTrunk::callFor(bool training, bool keepsDraws) const {
  ScriptedTrunk::Call call{training, {}, {}, *draws_, keepsDraws};
  for (const auto index : indices_) call.parameters.push_back(parameters_.tensor(index));
  // Copies, since a graph keeps what a pass has read.
  for (const auto& name : bufferNames_) call.buffers.push_back(buffers_.at(name).clone());
  return call;
}

at::Tensor TorchscriptTrunk::tried(const at::Tensor& inputs, bool training) const {
  ScriptedTrunk::Call call{training, {}, {}, *draws_, false};
  const auto& parameters = module_->parameters();
  for (size_t i = 0; i < parameters.size(); ++i)
    call.parameters.push_back(
        parameters[i]
            .initial.to(type_, false, true)
            .requires_grad_(parameters_.infos()[indices_[i]].block.trainable));
  for (const auto& name : bufferNames_) call.buffers.push_back(buffers_.at(name).clone());
  const auto output = (*module_)(inputs, call);
  const auto inWords = [&] {
    return fmt::format("[{}] for inputs [{}]", fmt::join(output.sizes(), ", "),
                       fmt::join(inputs.sizes(), ", "));
  };
  if (output.dim() < 2 || output.size(0) != inputs.size(0) || output.numel() == 0)
    fail("{}: forward must return one representation an example, [N, ...], returns {}",
         script_.name, inWords());
  if (!output.is_floating_point())
    fail("{}: forward must return floating numbers, returns {}", script_.name,
         toString(output.scalar_type()));
  if (!output.isfinite().all().item<bool>())
    fail("{}: forward must return finite numbers, and some of {} are not", script_.name, inWords());
  return output;
}

/// \returns the shape of a representation, without the examples.
std::vector<std::int64_t> TorchscriptTrunk::tryOut(const Setting& setting) const {
  const at::NoGradGuard noGradients;
  auto shape = setting.inputShape;
  shape.insert(shape.begin(), kTried);
  auto inputs = at::zeros(shape, at::TensorOptions().dtype(type_));
  const auto& known = setting.trainingInputs;
  if (known.defined() && known.size(0) >= kTried && known.sizes().slice(1) == setting.inputShape)
    inputs = known.narrow(0, 0, kTried).to(at::kCPU, type_);
  const auto width = tried(inputs, false).sizes().slice(1).vec();
  if (trains_) {
    const at::AutoGradMode graph(true);
    const auto output = tried(inputs, true);
    if (!output.requires_grad())
      fail(
          "{}: what forward returns has no gradient in a parameter; export it without no_grad, or "
          "set frozen",
          script_.name);
    const auto further = output.sizes().slice(1);
    if (further != width)
      fail("{}: forward returns [N, {}] in evaluation and [N, {}] in training", script_.name,
           fmt::join(width, ", "), fmt::join(further, ", "));
  }
  return width;
}

std::int64_t TorchscriptTrunk::versions() const {
  std::int64_t sum = 0;
  for (const auto& name : bufferNames_) sum += buffers_.at(name)._version();
  return sum;
}

at::Tensor TorchscriptTrunk::answer(const at::Tensor& inputs, ScriptedTrunk::Call& call) const {
  at::Tensor output;
  try {
    output = on(inputs.device())(inputs, call);
  } catch (const Error& error) {
    throw Error(error.what(), ErrorKind::failure, error.context());
  }
  if (output.dim() < 2 || output.size(0) != inputs.size(0) || output.sizes().slice(1) != width_)
    throw Error(fmt::format("{}: forward returns [{}] for inputs [{}], and returned [N, {}] when "
                            "it was tried",
                            script_.name, fmt::join(output.sizes(), ", "),
                            fmt::join(inputs.sizes(), ", "), fmt::join(width_, ", ")),
                ErrorKind::failure);
  return output.to(type_);
}

std::vector<at::Tensor> TorchscriptTrunk::represent(const at::Tensor& inputs,
                                                    const Pass& pass) const {
  const bool training = pass.training && trains_;
  auto call = callFor(training, training);
  if (pass.multiplyAdds) {
    // With a graph: without one, PyTorch may take fused layers that hide their products.
    const at::AutoGradMode graph(true);
    const MultiplyAdds products;
    const auto output = answer(inputs, call).detach();
    *pass.multiplyAdds += products.count();
    return {output};
  }
  auto output = answer(inputs, call);
  const bool isFirst = training && (pass.at.step != step_ || versions() != versions_);
  if (isFirst && !bufferNames_.empty()) {
    left_ = std::move(call.buffers);
    step_ = pass.at.step;
    versions_ = versions();
  }
  return {std::move(output)};
}

std::vector<Cleared> TorchscriptTrunk::afterStep(const Progress&) const {
  const at::NoGradGuard noGradients;
  for (size_t i = 0; i < left_.size(); ++i) {
    const auto& own = buffers_.at(bufferNames_[i]);
    const auto& fresh = left_[i];
    own.copy_(fresh.is_floating_point() ? at::where(fresh.isfinite(), fresh, own) : fresh);
  }
  left_.clear();
  versions_ = versions();
  return {};
}

}  // namespace

CatalogRow<Model, const Setting&> torchscriptTrunkRow() {
  Descriptor descriptor;
  descriptor.id = "torchscript_trunk";
  descriptor.title = "TorchScript trunk";
  descriptor.summary =
      "A shared trunk of one's own, exported from Python, and a head a task on what it returns; "
      "the file is a program and runs only once it is trusted. It leaves no traces, so exact "
      "gradients are taken row by row: a method that reads them costs one pass back a task.";
  descriptor.formula = "z = forward(x); ŷ_k = V_k z + c_k";
  descriptor.citation = "Hard parameter sharing: Caruana, Multitask Learning, 1997";
  descriptor.parameters = {
      ParameterSpec::file("path",
                          "File that torch.jit.save wrote, from the experiment's folder; its "
                          "forward(inputs) takes examples [N, ...] as the data have them and "
                          "returns representations [N, ...], which the heads read flattened")
          .needed(),
      ParameterSpec::text("sha256", "",
                          "SHA-256 that the file must have; empty: a run pins the one it finds"),
      ParameterSpec::boolean("frozen", false,
                             "Train the heads alone; a trunk of which nothing is trained runs in "
                             "evaluation mode, so that it is a fixed function"),
      headHiddenSpec(),
      regularisersSpec(),
  };
  descriptor.traits = {{"files", {{"path", "sha256"}}}};
  return {descriptor,
          [](const Parameters& parameters, const Setting& setting) -> std::unique_ptr<Model> {
            script::requireDigest(parameters.text("sha256"), "model.sha256");
            return std::make_unique<TorchscriptTrunk>(parameters, setting);
          }};
}

}  // namespace eq::model
