#pragma once

#include <functional>
#include <string>

#include <ATen/core/Tensor.h>

namespace eq::train {

/// \throws Error `device: cuda:3 is not there; available: cpu, cuda:0`.
at::Device deviceFromText(const std::string& text);

/// Runs `work`; an exception of LibTorch or of the library becomes an Error (failure) whose
/// sentence starts with `place` and which carries the exception's own text without its backtrace.
/// After running out of memory the device's cache is emptied.
void guarded(const std::string& place, const std::function<void()>& work);

}  // namespace eq::train
