#include "core/loss/script_fixture.h"

#include <fstream>
#include <sstream>

#include <ATen/core/Tensor.h>
#include <ATen/ops/tensor.h>
#include <torch/csrc/jit/api/module.h>

#include "core/base/sha256.h"
#include "core/script/scripts.h"

namespace eq::loss::test {
namespace {

void hold(torch::jit::Module& module, const HeldTensor& one) {
  using Kind = HeldTensor::Kind;
  auto tensor = at::tensor(one.values, at::kDouble);
  tensor = tensor.to(one.kind == Kind::integers ? at::kLong : at::kFloat);
  if (one.kind == Kind::constant || one.kind == Kind::integers)
    module.register_buffer(one.name, tensor);
  else
    module.register_parameter(one.name, tensor.requires_grad_(one.kind == Kind::parameter), false);
}

}  // namespace

std::string scriptBytes(const std::string& code, const std::vector<HeldTensor>& held) {
  torch::jit::Module module("Loss");
  for (const auto& one : held) hold(module, one);
  module.define(code);
  std::ostringstream stream;
  module.save(stream);
  return stream.str();
}

std::filesystem::path writeScript(const std::filesystem::path& file, const std::string& code,
                                  const std::vector<HeldTensor>& held) {
  std::ofstream(file, std::ios::binary) << scriptBytes(code, held);
  return file;
}

std::string writingWhenLoaded(const std::filesystem::path& where) {
  return "def __getstate__(self) -> int:\n  return 1\n"
         "def __setstate__(self, state: int) -> None:\n  torch.save(state, \"" +
         where.string() + "\")\n";
}

void trustFile(const std::filesystem::path& file) {
  script::trustScript(sha256(script::readScript(file, "test")));
}

}  // namespace eq::loss::test
