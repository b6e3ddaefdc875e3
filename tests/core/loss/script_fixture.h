#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

// TorchScript files made from source text, as Python's torch.jit.save writes them. Without torch
// headers, which do not go together with Qt's keywords.

namespace eq::loss::test {

/// A tensor that the module holds.
struct HeldTensor {
  enum class Kind { constant, integers, parameter, frozenParameter };
  std::string name;
  std::vector<double> values;
  Kind kind = Kind::constant;            ///< constant: a float32 buffer
  std::vector<std::int64_t> shape = {};  ///< empty: [n]
};

/// The file's bytes. \param code methods: "def forward(self, p, t):\n  return ...".
std::string scriptBytes(const std::string& code, const std::vector<HeldTensor>& held = {});

/// Writes them. \returns `file`.
std::filesystem::path writeScript(const std::filesystem::path& file, const std::string& code,
                                  const std::vector<HeldTensor>& held = {});

/// A trunk of a full layer, batch normalisation, tanh and dropout, [N, inputs] to [N, 6], with the
/// parameters weight, bias, scale and shift and the buffers mean, var and batches.
std::filesystem::path writeTrunk(const std::filesystem::path& file, std::int64_t inputs,
                                 double dropout = 0.3);

/// Methods with which the file saves a tensor at `where` as soon as it is loaded, before forward is
/// called.
std::string writingWhenLoaded(const std::filesystem::path& where);

/// What the person at the keyboard says about a file.
void trustFile(const std::filesystem::path& file);

}  // namespace eq::loss::test
