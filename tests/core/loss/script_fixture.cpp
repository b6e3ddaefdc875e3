#include "core/loss/script_fixture.h"

#include <cmath>
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
  if (!one.shape.empty()) tensor = tensor.view(one.shape);
  if (one.kind == Kind::constant || one.kind == Kind::integers)
    module.register_buffer(one.name, tensor);
  else
    module.register_parameter(one.name, tensor.requires_grad_(one.kind == Kind::parameter), false);
}

}  // namespace

std::string scriptBytes(const std::string& code, const std::vector<HeldTensor>& held) {
  torch::jit::Module module("Script");
  module.register_attribute("training", c10::BoolType::get(), true);
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

std::filesystem::path writeTrunk(const std::filesystem::path& file, std::int64_t inputs,
                                 double dropout) {
  constexpr std::int64_t kWidth = 6;
  using Kind = HeldTensor::Kind;
  const auto waves = [](std::int64_t count, double first) {
    std::vector<double> values;
    for (std::int64_t i = 0; i < count; ++i)
      values.push_back(std::sin(first + 1.7 * static_cast<double>(i)));
    return values;
  };
  const std::string code =
      "def forward(self, x):\n"
      "  h = torch.addmm(self.bias, x.flatten(1), self.weight.t())\n"
      "  if self.training:\n"
      "    self.batches.add_(1)\n"
      "  h = torch.batch_norm(h, self.scale, self.shift, self.mean, self.var, self.training,"
      " 0.1, 1e-5, False)\n"
      "  return torch.dropout(torch.tanh(h), " +
      std::to_string(dropout) + ", self.training)\n";
  return writeScript(file, code,
                     {{"weight", waves(kWidth * inputs, 0.3), Kind::parameter, {kWidth, inputs}},
                      {"bias", waves(kWidth, 1), Kind::parameter},
                      {"scale", {1.1, 0.9, 1.2, 0.8, 1, 0.7}, Kind::parameter},
                      {"shift", waves(kWidth, 2), Kind::parameter},
                      {"mean", std::vector<double>(kWidth, 0)},
                      {"var", std::vector<double>(kWidth, 1)},
                      {"batches", {0}, Kind::integers}});
}

std::string writingWhenLoaded(const std::filesystem::path& where) {
  return "def __getstate__(self) -> int:\n  return 1\n"
         "def __setstate__(self, state: int) -> None:\n  self.training = True\n  torch.save(state, "
         "\"" +
         where.string() + "\")\n";
}

void trustFile(const std::filesystem::path& file) {
  script::trustScript(sha256(script::readScript(file, "test")));
}

}  // namespace eq::loss::test
