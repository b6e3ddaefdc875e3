#include "core/model/script/scripted_trunk.h"

#include <algorithm>
#include <mutex>
#include <set>
#include <utility>

#include <ATen/Context.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/equal.h>
#include <c10/core/Layout.h>
#include <fmt/ranges.h>

#include "core/base/error.h"
#include "core/script/module.h"

namespace eq::model {

namespace jit = torch::jit;

namespace scripted {

/// Where a module holds a value.
struct Slot {
  c10::intrusive_ptr<c10::ivalue::Object> object;
  size_t index = 0;
};

/// A tensor of the module, and each place where it stands.
struct Placed {
  ScriptedTrunk::Held held;
  std::vector<Slot> slots;
};

}  // namespace scripted

namespace {

using scripted::Placed;
using scripted::Slot;

/// The bytes that a tensor lies in.
std::pair<const char*, const char*> extentOf(const at::Tensor& tensor) {
  const auto* begin = static_cast<const char*>(tensor.const_data_ptr());
  std::int64_t last = 0;
  for (std::int64_t i = 0; i < tensor.dim(); ++i) last += (tensor.size(i) - 1) * tensor.stride(i);
  return {begin, tensor.numel() == 0 ? begin : begin + (last + 1) * tensor.itemsize()};
}

bool isSame(const at::Tensor& a, const at::Tensor& b) {
  return a.const_data_ptr() == b.const_data_ptr() && a.sizes() == b.sizes() &&
         a.strides() == b.strides() && a.scalar_type() == b.scalar_type();
}

bool overlaps(const at::Tensor& a, const at::Tensor& b) {
  const auto [begin, end] = extentOf(a);
  const auto [otherBegin, otherEnd] = extentOf(b);
  return begin < otherEnd && otherBegin < end;
}

/// Collects the tensors of a module and of those in it.
class Collector {
 public:
  explicit Collector(std::string file) : file_(std::move(file)) {}

  void visit(const jit::Module& module, const std::string& prefix) {
    const auto object = module._ivalue();
    if (!seen_.insert(object.get()).second) return;
    const auto& type = *module.type();
    for (size_t i = 0; i < type.numAttributes(); ++i) {
      const auto value = object->getSlot(i);
      const auto name = prefix + type.getAttributeName(i);
      if (type.getAttribute(i)->is_module())
        visit(jit::Module(value.toObject()), name + ".");
      else if (value.isTensor() && value.toTensor().defined())
        add(name, value.toTensor(), type.is_parameter(i), {object, i});
    }
  }

  std::vector<Placed> parameters, buffers;

 private:
  void add(const std::string& name, const at::Tensor& tensor, bool isParameter, Slot slot) {
    if (tensor.layout() != at::kStrided)
      fail("{}: holds {}, which is no dense tensor", file_, name);
    if (tensor.is_complex()) fail("{}: holds {}, which has complex numbers", file_, name);
    auto& all = isParameter && tensor.is_floating_point() ? parameters : buffers;
    for (auto& one : all)
      if (isSame(one.held.initial, tensor)) {
        one.slots.push_back(std::move(slot));
        return;
      }
    for (const auto* list : {&parameters, &buffers})
      for (const auto& one : *list)
        if (overlaps(one.held.initial, tensor))
          fail("{}: {} and {} share a part of their memory, which they would not do in a run",
               file_, one.held.name, name);
    all.push_back({{name, tensor.detach(), isParameter && tensor.requires_grad()}, {slot}});
  }

  std::string file_;
  std::set<const void*> seen_;
};

at::Tensor stateOf(at::Generator& generator) {
  const std::lock_guard lock(generator.mutex());
  return generator.get_state().clone();
}

void setState(at::Generator& generator, const at::Tensor& state) {
  const std::lock_guard lock(generator.mutex());
  generator.set_state(state);
}

/// As long as this lives, what draws from the device's own generator draws from a stream. Scripts
/// know no other generator; so one of them runs at a time.
class DrawsFrom {
 public:
  DrawsFrom(const at::Device& device, at::Generator stream, bool keeps)
      : lock_(one()),
        generator_(at::globalContext().defaultGenerator(device)),
        host_(at::globalContext().defaultGenerator(at::kCPU)),
        stream_(std::move(stream)),
        keeps_(keeps),
        before_(stateOf(generator_)),
        hostBefore_(stateOf(host_)) {
    setState(generator_, stateOf(stream_));
  }
  ~DrawsFrom() {
    if (keeps_) setState(stream_, stateOf(generator_));
    setState(generator_, before_);
    setState(host_, hostBefore_);
  }
  DrawsFrom(const DrawsFrom&) = delete;
  DrawsFrom& operator=(const DrawsFrom&) = delete;

  /// Whether something was drawn on the host though the device is another.
  bool drewElsewhere() {
    return !generator_.device().is_cpu() && !at::equal(stateOf(host_), hostBefore_);
  }

 private:
  static std::mutex& one() {
    static std::mutex mutex;
    return mutex;
  }

  std::lock_guard<std::mutex> lock_;
  at::Generator generator_, host_, stream_;
  bool keeps_;
  at::Tensor before_, hostBefore_;
};

std::vector<ScriptedTrunk::Held> heldOf(const std::vector<Placed>& all) {
  std::vector<ScriptedTrunk::Held> held;
  for (const auto& one : all) {
    held.push_back(one.held);
    held.back().initial = one.held.initial.to(at::kCPU);
  }
  return held;
}

std::vector<std::int64_t> versionsOf(const std::vector<at::Tensor>& tensors) {
  std::vector<std::int64_t> versions;
  for (const auto& tensor : tensors) versions.push_back(tensor._version());
  return versions;
}

bool holds(const Placed& one, const at::Tensor& tensor) {
  return std::all_of(one.slots.begin(), one.slots.end(), [&](const Slot& slot) {
    return slot.object->getSlot(slot.index).toTensor().is_same(tensor);
  });
}

void place(const std::vector<Placed>& all, const std::vector<at::Tensor>& tensors) {
  for (size_t i = 0; i < all.size(); ++i)
    for (const auto& slot : all[i].slots) slot.object->setSlot(slot.index, tensors.at(i));
}

}  // namespace

struct ScriptedTrunk::State {
  jit::Module module;
  std::string name;
  std::vector<scripted::Placed> placedParameters, placedBuffers;
  std::vector<Held> parameters, buffers;
  bool training = false;
};

ScriptedTrunk::ScriptedTrunk(const script::OpenScript& script, const at::Device& device)
    : state_(std::make_unique<State>()) {
  auto& state = *state_;
  state.name = script.name;
  state.module = script::load(script.bytes, device, script.name);
  script::requireForward(state.module, 1, "forward(inputs)", script.name);
  const auto set = script::attributesSet(state.module, false);
  if (!set.empty())
    fail(
        "{}: forward sets the attribute {}, which no checkpoint holds; keep what it remembers in a "
        "tensor that is a buffer",
        script.name, set.front());
  Collector found(script.name);
  found.visit(state.module, "");
  state.placedParameters = std::move(found.parameters);
  state.placedBuffers = std::move(found.buffers);
  state.parameters = heldOf(state.placedParameters);
  state.buffers = heldOf(state.placedBuffers);
  state.module.eval();
}

ScriptedTrunk::~ScriptedTrunk() = default;

const std::vector<ScriptedTrunk::Held>& ScriptedTrunk::parameters() const {
  return state_->parameters;
}

const std::vector<ScriptedTrunk::Held>& ScriptedTrunk::buffers() const {
  return state_->buffers;
}

at::Tensor ScriptedTrunk::operator()(const at::Tensor& inputs, Call& call) {
  auto& state = *state_;
  if (state.training != call.training) state.module.train(call.training);
  state.training = call.training;
  place(state.placedParameters, call.parameters);
  place(state.placedBuffers, call.buffers);
  const auto where = fmt::format("{}: on inputs [{}]", state.name, fmt::join(inputs.sizes(), ", "));
  const auto versions = versionsOf(call.parameters);
  at::Tensor output;
  {
    DrawsFrom draws(inputs.device(), call.stream, call.keepsDraws);
    output = script::call(state.module, {inputs}, where);
    if (draws.drewElsewhere())
      fail(
          "{}: forward draws random numbers on the CPU while it runs on {}, where no stream of the "
          "run is; let it draw on the device of its inputs",
          state.name, inputs.device().str());
  }
  for (size_t i = 0; i < call.parameters.size(); ++i)
    if (call.parameters[i]._version() != versions[i] ||
        !holds(state.placedParameters[i], call.parameters[i]))
      fail("{}: forward writes to the parameter {}, which only the updates of a run may move",
           state.name, state.parameters[i].name);
  for (size_t i = 0; i < call.buffers.size(); ++i) {
    const auto& slot = state.placedBuffers[i].slots.front();
    const auto left = slot.object->getSlot(slot.index).toTensor().detach();
    if (left.sizes() != call.buffers[i].sizes() ||
        left.scalar_type() != call.buffers[i].scalar_type())
      fail("{}: forward gives the buffer {} another shape or type, which no checkpoint can hold",
           state.name, state.buffers[i].name);
    call.buffers[i] = left;
  }
  return output;
}

}  // namespace eq::model
