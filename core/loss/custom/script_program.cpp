#include "core/loss/custom/script_program.h"

#include <vector>

#include <ATen/core/grad_mode.h>
#include <fmt/ranges.h>

#include "core/base/error.h"
#include "core/script/module.h"

namespace eq::loss {
namespace {

namespace jit = torch::jit;

/// A loss is a function: what it would learn or remember is in no checkpoint.
void checkStateless(const jit::Module& module, const std::string& name) {
  std::vector<std::string> trained;
  for (const auto& parameter : module.named_parameters())
    if (parameter.value.requires_grad()) trained.push_back(parameter.name);
  if (!trained.empty())
    fail(
        "{}: holds parameters to be trained ({}), which a run does not train; make them buffers, "
        "or freeze them with requires_grad_(False)",
        name, fmt::join(trained, ", "));
  const auto set = script::attributesSet(module, true);
  if (!set.empty())
    fail("{}: forward sets the attribute {}, which no checkpoint holds; a loss may not remember",
         name, set.front());
}

std::vector<at::Tensor> tensorsOf(const jit::Module& module) {
  std::vector<at::Tensor> tensors;
  for (const auto& attribute : module.attributes())
    if (attribute.isTensor() && attribute.toTensor().defined())
      tensors.push_back(attribute.toTensor());
  return tensors;
}

}  // namespace

struct ScriptProgram::State {
  jit::Module module;
  std::vector<at::Tensor> tensors;
  std::string name;
};

ScriptProgram::ScriptProgram(const std::string& bytes, const at::Device& device,
                             at::ScalarType type, const std::string& name)
    : state_(std::make_unique<State>()) {
  auto& [module, tensors, file] = *state_;
  file = name;
  module = script::load(bytes, device, name);
  script::requireForward(module, 2, "forward(prediction, target)", name);
  checkStateless(module, name);
  module.eval();
  tensors = tensorsOf(module);
  const at::NoGradGuard noGradients;
  for (const auto& tensor : tensors)
    if (tensor.is_floating_point()) tensor.set_data(tensor.to(type));
}

ScriptProgram::~ScriptProgram() = default;

at::Tensor ScriptProgram::operator()(const at::Tensor& prediction, const at::Tensor& target) const {
  return script::call(state_->module, {prediction, target}, state_->name);
}

std::int64_t ScriptProgram::changes() const {
  std::int64_t sum = 0;
  for (const auto& tensor : state_->tensors) sum += tensor._version();
  return sum;
}

}  // namespace eq::loss
