#include "core/loss/custom/script_program.h"

#include <exception>
#include <sstream>
#include <vector>

#include <ATen/core/grad_mode.h>
#include <c10/util/Exception.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/ir/ir.h>
#include <torch/csrc/jit/passes/inliner.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/csrc/jit/runtime/jit_exception.h>
#include <torch/csrc/jit/serialization/import.h>
#include <nlohmann/json.hpp>

#include "core/base/error.h"

namespace eq::loss {
namespace {

namespace jit = torch::jit;

constexpr size_t kLongest = 300;  // characters of a script's message

jit::Module load(const std::string& bytes, const at::Device& device, const std::string& name) {
  try {
    std::istringstream stream(bytes);
    return jit::load(stream, device, false);
  } catch (const c10::OutOfMemoryError&) {
    throw;
  } catch (const std::exception& error) {
    auto reason = scriptMessage(error);
    reason = reason.substr(0, reason.find(". This is"));  // advice about checkpoints
    fail("{}: is no TorchScript file, as torch.jit.save writes it, or is damaged: {}", name,
         reason);
  }
}

bool isTensor(const c10::TypePtr& type) {
  return type->kind() == c10::TypeKind::TensorType;
}

/// "forward(Tensor a, int b)".
std::string spelled(const c10::FunctionSchema& schema) {
  std::vector<std::string> arguments;
  for (size_t i = 1; i < schema.arguments().size(); ++i)
    arguments.push_back(schema.arguments()[i].type()->str() + " " + schema.arguments()[i].name());
  return fmt::format("{}({})", schema.name(), fmt::join(arguments, ", "));
}

void checkForward(const jit::Module& module, const std::string& name) {
  const auto forward = module.find_method("forward");
  if (!forward) fail("{}: needs a method forward(prediction, target), has none", name);
  const auto& schema = forward->function().getSchema();
  const auto& arguments = schema.arguments();  // the module itself is the first
  bool fits =
      arguments.size() >= 3 && isTensor(arguments[1].type()) && isTensor(arguments[2].type());
  for (size_t i = 3; i < arguments.size(); ++i)
    fits = fits && arguments[i].default_value().has_value();
  if (!fits)
    fail("{}: needs forward(prediction, target) of two tensors, found {}", name, spelled(schema));
  const auto& returned = schema.returns();
  if (returned.size() != 1 || !isTensor(returned[0].type()))
    fail("{}: forward must return a tensor, returns {}", name,
         returned.empty() ? "nothing" : returned[0].type()->str());
}

/// The attribute that a block sets; empty when it sets none.
std::string attributeSet(const jit::Block* block) {
  for (const auto* node : block->nodes()) {
    if (node->kind() == c10::prim::SetAttr) return node->s(c10::attr::name);
    for (const auto* inner : node->blocks())
      if (auto found = attributeSet(inner); !found.empty()) return found;
  }
  return {};
}

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
  const auto graph = module.get_method("forward").graph()->copy();
  jit::Inline(*graph);
  const auto set = attributeSet(graph->block());
  if (!set.empty())
    fail("{}: forward sets the attribute {}, which no checkpoint holds; a loss may not remember",
         name, set);
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
  module = load(bytes, device, name);
  checkForward(module, name);
  checkStateless(module, name);
  module.eval();
  tensors = tensorsOf(module);
  const at::NoGradGuard noGradients;
  for (const auto& tensor : tensors)
    if (tensor.is_floating_point()) tensor.set_data(tensor.to(type));
}

ScriptProgram::~ScriptProgram() = default;

at::Tensor ScriptProgram::operator()(const at::Tensor& prediction, const at::Tensor& target) const {
  const jit::GraphOptimizerEnabledGuard asWritten(false);
  try {
    return state_->module.forward({prediction, target}).toTensor();
  } catch (const c10::OutOfMemoryError&) {
    throw;
  } catch (const std::exception& error) {
    throw Error(fmt::format("{}: forward fails: {}", state_->name, scriptMessage(error)),
                ErrorKind::user, error.what());
  }
}

std::int64_t ScriptProgram::changes() const {
  std::int64_t sum = 0;
  for (const auto& tensor : state_->tensors) sum += tensor._version();
  return sum;
}

std::string scriptMessage(const std::exception& error) {
  std::string text = error.what();
  if (const auto* own = dynamic_cast<const c10::Error*>(&error))
    text = own->what_without_backtrace();
  // The interpreter puts its trace before the reason.
  constexpr std::string_view kReason = "\nRuntimeError: ";
  if (const auto found = text.rfind(kReason); found != std::string::npos)
    text.erase(0, found + kReason.size());
  if (const auto* raised = dynamic_cast<const jit::JITException*>(&error))
    text = raised->getOriginalMsg().value_or(text);
  text = text.substr(0, std::min(text.find('\n'), kLongest));
  for (auto& character : text)
    if (static_cast<unsigned char>(character) < ' ') character = ' ';
  // Whatever a script says goes into files that hold UTF-8 only.
  using nlohmann::json;
  return json::parse(json(text).dump(-1, ' ', false, json::error_handler_t::replace))
      .get<std::string>();
}

}  // namespace eq::loss
