#include "core/script/module.h"

#include <sstream>
#include <utility>

#include <c10/util/Exception.h>
#include <torch/csrc/jit/ir/ir.h>
#include <torch/csrc/jit/passes/inliner.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/csrc/jit/runtime/jit_exception.h>
#include <torch/csrc/jit/serialization/import.h>
#include <nlohmann/json.hpp>

#include "core/base/error.h"

namespace eq::script {
namespace {

namespace jit = torch::jit;

constexpr size_t kLongest = 300;  // characters of a script's message

void addAttributesSet(const jit::Block* block, bool tensors, std::vector<std::string>& names) {
  for (const auto* node : block->nodes()) {
    if (node->kind() == c10::prim::SetAttr) {
      const auto& type = node->inputs().at(1)->type();
      if (tensors)
        names.push_back(node->s(c10::attr::name));
      else if (!isTensor(type))
        names.push_back(node->s(c10::attr::name) + ": " + type->str());
    }
    for (const auto* inner : node->blocks()) addAttributesSet(inner, tensors, names);
  }
}

}  // namespace

jit::Module load(const std::string& bytes, const at::Device& device, const std::string& name) {
  try {
    std::istringstream stream(bytes);
    return jit::load(stream, device, false);
  } catch (const c10::OutOfMemoryError&) {
    throw;
  } catch (const std::exception& error) {
    auto reason = message(error);
    reason = reason.substr(0, reason.find(". This is"));  // advice about checkpoints
    fail("{}: is no TorchScript file, as torch.jit.save writes it, or is damaged: {}", name,
         reason);
  }
}

std::string message(const std::exception& error) {
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

at::Tensor call(jit::Module& module, std::vector<c10::IValue> inputs, const std::string& place) {
  const jit::GraphOptimizerEnabledGuard asWritten(false);
  try {
    return module.forward(std::move(inputs)).toTensor();
  } catch (const c10::OutOfMemoryError&) {
    throw;
  } catch (const std::exception& error) {
    throw Error(fmt::format("{}: forward fails: {}", place, message(error)), ErrorKind::user,
                error.what());
  }
}

bool isTensor(const c10::TypePtr& type) {
  return type->kind() == c10::TypeKind::TensorType;
}

std::string spelled(const c10::FunctionSchema& schema) {
  std::vector<std::string> arguments;
  for (size_t i = 1; i < schema.arguments().size(); ++i)
    arguments.push_back(schema.arguments()[i].type()->str() + " " + schema.arguments()[i].name());
  return fmt::format("{}({})", schema.name(), fmt::join(arguments, ", "));
}

void requireForward(const jit::Module& module, size_t tensors, const std::string& usage,
                    const std::string& name) {
  constexpr const char* kCounts[] = {"no", "one tensor", "two tensors"};
  const auto forward = module.find_method("forward");
  if (!forward) fail("{}: needs a method {}, has none", name, usage);
  const auto& schema = forward->function().getSchema();
  const auto& arguments = schema.arguments();  // the module itself is the first
  bool fits = arguments.size() > tensors;
  for (size_t i = 1; i < arguments.size(); ++i)
    fits = fits && (i <= tensors ? isTensor(arguments[i].type())
                                 : arguments[i].default_value().has_value());
  if (!fits) fail("{}: needs {} of {}, found {}", name, usage, kCounts[tensors], spelled(schema));
  const auto& returned = schema.returns();
  if (returned.size() != 1 || !isTensor(returned[0].type()))
    fail("{}: forward must return a tensor, returns {}", name,
         returned.empty() ? "nothing" : returned[0].type()->str());
}

std::vector<std::string> attributesSet(const jit::Module& module, bool tensors) {
  const auto graph = module.get_method("forward").graph()->copy();
  jit::Inline(*graph);
  std::vector<std::string> names;
  addAttributesSet(graph->block(), tensors, names);
  return names;
}

}  // namespace eq::script
