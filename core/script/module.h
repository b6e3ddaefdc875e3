#pragma once

#include <exception>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <torch/csrc/jit/api/module.h>

namespace eq::script {

/// The module of a trusted file; loading runs code of it. \param name of the file, for messages.
/// \throws Error when it is no TorchScript file or is damaged.
torch::jit::Module load(const std::string& bytes, const at::Device& device,
                        const std::string& name);

/// The script's own part of an exception's text, in one line without its trace.
std::string message(const std::exception& error);

/// What forward returns, calculated as written, without the optimising executor, whose bits differ
/// between the first calls and later ones. \param place for messages. \throws Error with the
/// script's own message when it fails.
at::Tensor call(torch::jit::Module& module, std::vector<c10::IValue> inputs,
                const std::string& place);

bool isTensor(const c10::TypePtr& type);

/// "forward(Tensor a, int b)".
std::string spelled(const c10::FunctionSchema& schema);

/// How forward begins and what it returns. \param usage "forward(prediction, target)", for
/// messages. \throws Error where it takes other than so many tensors, with defaults for all else,
/// or returns other than a tensor.
void requireForward(const torch::jit::Module& module, size_t tensors, const std::string& usage,
                    const std::string& name);

/// The attributes that forward sets. \param tensors whether those that hold tensors count as well;
/// without them each is named with its type, "count: int".
std::vector<std::string> attributesSet(const torch::jit::Module& module, bool tensors);

}  // namespace eq::script
