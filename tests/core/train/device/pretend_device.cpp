#include "tests/core/train/device/pretend_device.h"

#include <array>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <tuple>
#include <utility>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/EmptyTensor.h>
#include <ATen/core/Tensor.h>
#include <ATen/detail/PrivateUse1HooksInterface.h>
#include <ATen/native/CPUFallback.h>
#include <ATen/ops/_reshape_alias_native.h>
#include <ATen/ops/as_strided_native.h>
#include <ATen/ops/convolution.h>
#include <ATen/ops/convolution_backward.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/resize_native.h>
#include <ATen/ops/unfold_native.h>
#include <ATen/ops/view_native.h>
#include <c10/core/CPUAllocator.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <torch/library.h>

namespace eq::test {
namespace {

constexpr auto kPretend = c10::DeviceType::PrivateUse1;
const c10::DispatchKeySet kKeys(c10::DispatchKey::PrivateUse1);

std::mutex readsMutex;
std::vector<std::string> reads;
/// Whether this thread is inside a kernel, whose copies are not reads.
thread_local bool inKernel = false;

void noteRead(const std::string& name) {
  if (inKernel) return;
  const std::lock_guard lock(readsMutex);
  reads.push_back(name);
}

class PretendAllocator : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t bytes) override {
    void* memory = bytes > 0 ? c10::GetDefaultCPUAllocator()->raw_allocate(bytes) : nullptr;
    return {memory, memory, raw_deleter(), c10::Device(kPretend, 0)};
  }
  c10::DeleterFnPtr raw_deleter() const override {
    return c10::GetDefaultCPUAllocator()->raw_deleter();
  }
  void copy_data(void* to, const void* from, std::size_t bytes) const override {
    default_copy_data(to, from, bytes);
  }
};

PretendAllocator allocator;

/// A generator of the device, whose numbers are those of one of the CPU.
class PretendGenerator : public c10::GeneratorImpl {
 public:
  explicit PretendGenerator(at::Generator host)
      : GeneratorImpl(c10::Device(kPretend, 0), kKeys), host_(std::move(host)) {}
  void set_current_seed(std::uint64_t seed) override { host_.set_current_seed(seed); }
  void set_offset(std::uint64_t offset) override { host_.set_offset(offset); }
  std::uint64_t get_offset() const override { return host_.get_offset(); }
  std::uint64_t current_seed() const override { return host_.current_seed(); }
  std::uint64_t seed() override { return host_.seed(); }
  void set_state(const c10::TensorImpl& state) override {
    host_.unsafeGetGeneratorImpl()->set_state(state);
  }
  c10::intrusive_ptr<c10::TensorImpl> get_state() const override {
    return host_.unsafeGetGeneratorImpl()->get_state();
  }
  const at::Generator& host() const { return host_; }

 private:
  PretendGenerator* clone_impl() const override { return new PretendGenerator(host_.clone()); }

  at::Generator host_;
};

at::Generator pretendGenerator(std::uint64_t seed) {
  return at::make_generator<PretendGenerator>(at::make_generator<at::CPUGeneratorImpl>(seed));
}

struct PretendHooks : at::PrivateUse1HooksInterface {
  bool isBuilt() const override { return true; }
  bool isAvailable() const override { return true; }
  bool hasPrimaryContext(c10::DeviceIndex /*index*/) const override { return true; }
  c10::DeviceIndex deviceCount() const override { return 1; }
  const at::Generator& getDefaultGenerator(c10::DeviceIndex /*index*/) const override {
    static const at::Generator generator = pretendGenerator(0);
    return generator;
  }
  at::Generator getNewGenerator(c10::DeviceIndex /*index*/) const override {
    return pretendGenerator(0);
  }
};

/// One stream; events are over when they are recorded.
struct PretendGuard : c10::impl::NoOpDeviceGuardImpl<kPretend> {
  c10::Device exchangeDevice(c10::Device /*device*/) const override { return here(); }
  c10::Device getDevice() const override { return here(); }
  c10::Stream getStream(c10::Device /*device*/) const noexcept override { return stream(); }
  c10::Stream getNewStream(c10::Device /*device*/, int /*priority*/) const override {
    return stream();
  }
  c10::Stream exchangeStream(c10::Stream /*stream*/) const noexcept override { return stream(); }
  void record(void** /*event*/, const c10::Stream& /*stream*/, c10::DeviceIndex /*index*/,
              c10::EventFlag /*flag*/) const override {}
  void block(void* /*event*/, const c10::Stream& /*stream*/) const override {}
  bool queryEvent(void* /*event*/) const override { return true; }

 private:
  static c10::Device here() { return {kPretend, 0}; }
  static c10::Stream stream() { return c10::Stream(c10::Stream::DEFAULT, here()); }
};

at::Tensor emptyStrided(c10::IntArrayRef sizes, c10::IntArrayRef strides,
                        std::optional<at::ScalarType> type, std::optional<at::Layout> /*layout*/,
                        std::optional<at::Device> /*device*/, std::optional<bool> /*pinned*/) {
  return at::Tensor(at::detail::empty_strided_generic(sizes, strides, &allocator, kKeys,
                                                      c10::dtype_or_default(type)));
}

at::Tensor emptyFormat(c10::IntArrayRef sizes, std::optional<at::ScalarType> type,
                       std::optional<at::Layout> /*layout*/, std::optional<at::Device> /*device*/,
                       std::optional<bool> /*pinned*/, std::optional<at::MemoryFormat> format) {
  return at::Tensor(
      at::detail::empty_generic(sizes, &allocator, kKeys, c10::dtype_or_default(type), format));
}

/// The same memory as a tensor of the CPU.
at::Tensor onHost(const at::Tensor& tensor) {
  if (tensor.is_cpu()) return tensor;
  return at::from_blob(tensor.data_ptr(), tensor.sizes(), tensor.strides(),
                       tensor.options().device(at::kCPU).requires_grad(false));
}

at::Tensor copyFrom(const at::Tensor& from, const at::Tensor& to, bool /*nonBlocking*/) {
  if (to.is_cpu()) noteRead("copy to the CPU");
  onHost(to).copy_(onHost(from));
  return to;
}

at::Tensor copyFromAndResize(const at::Tensor& from, const at::Tensor& to) {
  at::native::resize_(to, from.sizes());
  return copyFrom(from, to, false);
}

at::Scalar localScalar(const at::Tensor& tensor) {
  noteRead("item");
  return onHost(tensor).item();
}

at::Tensor onDevice(const at::Tensor& host) {
  return host.defined() ? host.to(c10::Device(kPretend, 0)) : host;
}

/// What has no way back to the CPU of its own.
at::Tensor convolution(const at::Tensor& input, const at::Tensor& weight,
                       const std::optional<at::Tensor>& bias, c10::IntArrayRef stride,
                       c10::IntArrayRef padding, c10::IntArrayRef dilation, bool transposed,
                       c10::IntArrayRef outputPadding, std::int64_t groups) {
  const auto hostBias = bias && bias->defined() ? std::optional(onHost(*bias)) : std::nullopt;
  return onDevice(at::convolution(onHost(input), onHost(weight), hostBias, stride, padding,
                                  dilation, transposed, outputPadding, groups));
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> convolutionBackward(
    const at::Tensor& output, const at::Tensor& input, const at::Tensor& weight,
    c10::IntArrayRef stride, c10::IntArrayRef padding, c10::IntArrayRef dilation, bool transposed,
    c10::IntArrayRef outputPadding, std::int64_t groups, std::array<bool, 3> wanted) {
  const std::vector<std::int64_t> biasSizes{weight.size(0)};
  const auto [ofInput, ofWeight, ofBias] = at::convolution_backward(
      onHost(output), onHost(input), onHost(weight), c10::OptionalIntArrayRef(biasSizes), stride,
      padding, dilation, transposed, outputPadding, groups, wanted);
  return {onDevice(ofInput), onDevice(ofWeight), onDevice(ofBias)};
}

bool isScalarOfHost(const at::Tensor& tensor) {
  return tensor.is_cpu() && tensor.dim() == 0;
}

/// Operators that may read a tensor of the CPU beside those of the device, on CUDA too: indices.
bool takesIndicesOfHost(const std::string& name) {
  return name == "aten::index.Tensor" || name == "aten::index_put_" ||
         name == "aten::_index_put_impl_";
}

void requireDevice(const std::string& name, const at::Tensor& tensor) {
  TORCH_CHECK(!tensor.defined() || tensor.device().type() == kPretend || isScalarOfHost(tensor) ||
                  takesIndicesOfHost(name),
              name, ": expected all tensors to be on the device, found one on the CPU of shape ",
              tensor.sizes());
}

void requireDevice(const std::string& name, const c10::IValue& argument) {
  if (argument.isTensor()) requireDevice(name, argument.toTensor());
  if (argument.isTensorList())
    for (const at::Tensor& tensor : argument.toTensorList()) requireDevice(name, tensor);
}

/// What the CPU's kernel is given for a generator of the device, or for none.
void useHostGenerator(const std::string& name, const c10::Argument& wanted, c10::IValue& argument) {
  if (argument.isNone() && wanted.type()->str() == "Generator?")
    argument = at::globalContext().defaultGenerator(c10::Device(kPretend, 0));
  if (!argument.isGenerator()) return;
  const auto generator = argument.toGenerator();
  if (!generator.defined()) return;
  auto* own = dynamic_cast<PretendGenerator*>(generator.unsafeGetGeneratorImpl());
  TORCH_CHECK(own, name, ": expected a generator of the device, found one of ", generator.device());
  argument = own->host();
}

bool waits(const std::string& name) {
  return name == "aten::nonzero" || name == "aten::masked_select" || name == "aten::equal" ||
         name == "aten::is_nonzero" || name == "aten::_unique2" || name == "aten::unique_dim" ||
         name == "aten::unique_consecutive";
}

void runOnHost(const c10::OperatorHandle& op, torch::jit::Stack* stack) {
  const auto name = c10::toString(op.operator_name());
  const auto& wanted = op.schema().arguments();
  const auto first = stack->size() - wanted.size();
  for (size_t i = 0; i < wanted.size(); ++i) {
    requireDevice(name, (*stack)[first + i]);
    useHostGenerator(name, wanted[i], (*stack)[first + i]);
  }
  if (waits(name)) noteRead(name);
  const bool outer = std::exchange(inKernel, true);
  try {
    at::native::cpu_fallback(op, stack, /*error_on_views=*/true);
  } catch (...) {
    inKernel = outer;
    throw;
  }
  inKernel = outer;
}

}  // namespace

void registerPretendDevice() {
  static std::once_flag once;
  std::call_once(once, [] {
    c10::register_privateuse1_backend("pretend");
    c10::SetAllocator(kPretend, &allocator);
    static c10::impl::DeviceGuardImplRegistrar guard(kPretend, new PretendGuard);
    at::RegisterPrivateUse1HooksInterface(new PretendHooks);
    static torch::Library anything(torch::Library::IMPL, "_", c10::DispatchKey::PrivateUse1,
                                   __FILE__, __LINE__);
    anything.fallback(torch::CppFunction::makeFromBoxedFunction<&runOnHost>());
    static torch::Library own(torch::Library::IMPL, "aten", c10::DispatchKey::PrivateUse1, __FILE__,
                              __LINE__);
    own.impl("empty.memory_format", &emptyFormat);
    own.impl("empty_strided", &emptyStrided);
    own.impl("as_strided", &at::native::as_strided_tensorimpl);
    own.impl("view", &at::native::view);
    own.impl("_reshape_alias", &at::native::_reshape_alias);
    own.impl("unfold", &at::native::unfold);
    own.impl("resize_", &at::native::resize_);
    own.impl("convolution_overrideable", &convolution);
    own.impl("convolution_backward_overrideable", &convolutionBackward);
    own.impl("_copy_from", &copyFrom);
    own.impl("_copy_from_and_resize", &copyFromAndResize);
    own.impl("_local_scalar_dense", &localScalar);
  });
}

std::vector<std::string> takeDeviceReads() {
  const std::lock_guard lock(readsMutex);
  return std::exchange(reads, {});
}

std::string deviceOfTests() {
  const char* named = std::getenv("EQUIPOISE_TEST_DEVICE");
  const std::string device = named && *named ? named : "cpu";
  if (device.starts_with("pretend")) registerPretendDevice();
  return device;
}

}  // namespace eq::test
