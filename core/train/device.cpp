#include "core/train/device.h"

#include <cstdlib>
#include <exception>
#include <new>
#include <thread>

#include <ATen/Context.h>
#include <ATen/DeviceAccelerator.h>
#include <ATen/Parallel.h>
#include <ATen/ops/zeros.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <torch/csrc/api/include/torch/version.h>

#include "core/base/error.h"
#include "core/gradient/kept_memory.h"
#include "core/train/trainer.h"

namespace eq::train {
namespace {

std::string firstLine(const std::string& text) {
  return text.substr(0, text.find('\n'));
}
std::string firstLine(const c10::Error& error) {
  return firstLine(std::string(error.what_without_backtrace()));
}

}  // namespace

std::int64_t useThreads(std::int64_t threads) {
  const auto cores = static_cast<std::int64_t>(std::max(1U, std::thread::hardware_concurrency()));
  const auto wanted = threads > 0 ? threads : cores;
  at::set_num_threads(static_cast<int>(wanted));
  gradient::keepLargeBlocks();
  return wanted;
}

std::int64_t threadsInUse() {
  return at::get_num_threads();
}

std::string torchVersion() {
  return TORCH_VERSION;
}

std::vector<std::string> availableDevices() {
  std::vector<std::string> devices{"cpu"};
  const auto accelerator = at::accelerator::getAccelerator();
  if (!accelerator) return devices;
  for (c10::DeviceIndex i = 0; i < at::accelerator::deviceCount(); ++i)
    devices.push_back(at::Device(*accelerator, i).str());
  return devices;
}

std::string deviceProblem(const std::string& device) {
  try {
    at::zeros({1}, at::TensorOptions().device(deviceFromText(device)));
    return {};
  } catch (const Error& error) {
    return error.what();
  } catch (const c10::Error& error) {
    return fmt::format("device: {} cannot be used: {}", device, firstLine(error));
  }
}

namespace {

/// Two processes get the same bits, in full precision. Before the device is used first.
void makeDeterministic() {
  setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", /*overwrite=*/0);
  auto& context = at::globalContext();
  context.setDeterministicCuDNN(true);
  context.setBenchmarkCuDNN(false);
  context.setAllowTF32CuDNN(false);
  context.setAllowTF32CuBLAS(false);
}

}  // namespace

at::Device deviceFromText(const std::string& text) {
  const auto available = availableDevices();
  const bool named = text == "cpu" || text.find(':') != std::string::npos;
  const std::string wanted = named ? text : text + ":0";
  for (const auto& name : available)
    if (name == wanted) {
      if (wanted != "cpu") makeDeterministic();
      return at::Device(wanted);
    }
  fail("device: {} is not there; available: {}", text, fmt::join(available, ", "));
}

void guarded(const std::string& place, const std::function<void()>& work) {
  std::string memory;
  try {
    work();
    return;
  } catch (const c10::OutOfMemoryError& error) {
    memory = firstLine(error);
  } catch (const c10::Error& error) {
    const std::string text = firstLine(error);
    if (text.find("not enough memory") == std::string::npos)
      throw Error(fmt::format("{}: {}", place, text), ErrorKind::failure, error.what());
    memory = text;
  } catch (const std::bad_alloc&) {
    memory = "the host's memory is used up";
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    throw Error(fmt::format("{}: {}", place, firstLine(error.what())), ErrorKind::failure,
                error.what());
  }
  // Outside of the catch block: the exception held references to the tensors that filled the
  // memory.
  if (at::accelerator::getAccelerator()) at::accelerator::emptyCache();
  throw Error(fmt::format("{}: out of memory ({}); use a smaller batch or model, or another device",
                          place, memory),
              ErrorKind::failure);
}

}  // namespace eq::train
