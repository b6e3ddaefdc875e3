#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace eq::test {

/// Makes LibTorch know an accelerator `pretend:0` on a machine that has none: its memory is the
/// host's and its kernels are the CPU's, but tensors of it and of the CPU do not mix, as on CUDA
/// (but for single numbers), its generators are its own, and what is read from it is counted. Once
/// in a process, before the first backward.
void registerPretendDevice();

/// The operators that read numbers from the device since the last call; on CUDA each would wait for
/// all work before it.
std::vector<std::string> takeDeviceReads();

/// Where tests train: what EQUIPOISE_TEST_DEVICE names (cuda, cuda:1, or pretend, which is
/// registered then), else the CPU.
std::string deviceOfTests();

}  // namespace eq::test
