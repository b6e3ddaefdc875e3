#include "core/loss/custom/torchscript_loss.h"

#include <map>
#include <optional>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/allclose.h>

#include "core/base/error.h"
#include "core/loss/checks.h"
#include "core/loss/custom/script_program.h"
#include "core/loss/element_loss.h"
#include "core/loss/first_found.h"
#include "core/loss/row.h"
#include "core/script/module.h"
#include "core/script/scripts.h"

namespace eq::loss {
namespace {

constexpr const char* kId = "torchscript";
constexpr std::int64_t kIgnored = -100;
constexpr double kRounding = 1e-3;  // of sums that a device adds in any order

/// What forward is given.
struct Inputs {
  at::Tensor prediction, target;
};

/// Numbers in the prediction's shape and precision, or the target as it is: class indices.
Inputs inputsOf(const Batch& batch) {
  const bool numbers = batch.target.sizes().equals(batch.prediction.sizes());
  return {batch.prediction,
          numbers ? batch.target.to(batch.prediction.scalar_type()) : batch.target};
}

/// The entries of the target that do not count; undefined: all do.
at::Tensor leftOut(const Batch& batch, const at::Tensor& target) {
  const auto mask = batch.field("mask");
  if (mask.defined()) return mask == 0;
  return target.is_floating_point() ? at::Tensor() : target == kIgnored;
}

/// Entries of the target over the prediction, whose classes stand last, or second before pixels.
at::Tensor spread(at::Tensor off, const at::Tensor& prediction) {
  const bool leading = prediction.sizes().slice(0, static_cast<size_t>(off.dim())) == off.sizes();
  while (off.dim() < prediction.dim()) off = off.unsqueeze(leading ? -1 : 1);
  return off;
}

/// With 0 where an entry does not count, so that what stands there reaches neither value nor
/// gradient.
Inputs without(const at::Tensor& off, const Inputs& whole) {
  return {whole.prediction.masked_fill(spread(off, whole.prediction), 0),
          whole.target.masked_fill(off, 0)};
}

class TorchScriptLoss : public Loss {
 public:
  explicit TorchScriptLoss(const Parameters& parameters)
      : path_(parameters.text("path")), pinned_(parameters.text("sha256")) {
    script::requireDigest(pinned_, "torchscript.sha256");
  }

  void check(const Batch& batch) const override;
  Value evaluate(const Batch& batch, bool perSample = false) const override;

 private:
  Value compute(const Batch& batch, bool perSample) const;
  Value ofSamples(const at::Tensor& result, const Batch& batch, const at::Tensor& off,
                  bool perSample) const;
  at::Tensor numbers(const at::Tensor& result, const Batch& batch) const;
  void tryOut(const Batch& batch) const;
  void checkGradient(const at::Tensor& value, const at::Tensor& prediction) const;
  const ScriptProgram& program(const at::Tensor& like) const;

  std::string path_, pinned_;
  // Filled by the first evaluation, so that a loss can be described without its file being trusted.
  mutable std::optional<script::OpenScript> script_;
  mutable std::string name_;  ///< of the file, for messages
  mutable std::map<std::pair<std::string, at::ScalarType>, ScriptProgram> programs_;
  mutable bool isWhole_ = false;  ///< forward has returned one number for the batch
};

const ScriptProgram& TorchScriptLoss::program(const at::Tensor& like) const {
  const auto key = std::pair(like.device().str(), like.scalar_type());
  auto found = programs_.find(key);
  if (found == programs_.end()) {
    if (!script_) {
      script_ = script::openScript(path_, pinned_, kId);
      name_ = script_->name;
    }
    found =
        programs_.try_emplace(key, script_->bytes, like.device(), like.scalar_type(), name_).first;
  }
  return found->second;
}

Value TorchScriptLoss::compute(const Batch& batch, bool perSample) const {
  const auto& forward = program(batch.prediction);
  const auto whole = inputsOf(batch);
  const auto off = leftOut(batch, whole.target);
  const bool filled = off.defined() && !isWhole_;
  const auto seen = filled ? without(off, whole) : whole;
  auto result = forward(seen.prediction, seen.target);
  if (result.dim() > 0) return ofSamples(result, batch, off, perSample);
  if (batch.field("mask").defined())
    fail(
        "{}: forward returns one number for the batch, of which masked entries cannot be left "
        "out; let it return one a sample",
        name_);
  // Classes that do not count are left to the script, as to torch's cross_entropy.
  if (filled) result = forward(whole.prediction, whole.target);
  isWhole_ = true;
  return {numbers(result, batch), {}, {}};
}

at::Tensor TorchScriptLoss::numbers(const at::Tensor& result, const Batch& batch) const {
  if (!result.is_floating_point())
    fail("{}: forward must return numbers, returns {}", name_, toString(result.scalar_type()));
  return result.to(batch.prediction.scalar_type());
}

Value TorchScriptLoss::ofSamples(const at::Tensor& result, const Batch& batch,
                                 const at::Tensor& off, bool perSample) const {
  const auto samples = batch.prediction.size(0);
  const auto values = numbers(result, batch);
  if (values.sizes().equals({samples})) {
    const auto none = off.defined() ? off.reshape({samples, -1}).all(1) : off;
    return pooled(values, none, false, perSample);
  }
  if (!values.sizes().equals(batch.target.sizes()))
    fail(
        "{}: forward must return one number, one a sample [{}] or one an entry of the target {}, "
        "returns {}",
        name_, samples, shapeText(batch.target), shapeText(values));
  return pooled(values, off, false, perSample);
}

Value TorchScriptLoss::evaluate(const Batch& batch, bool perSample) const {
  try {
    return compute(batch, perSample);
  } catch (const Error& error) {
    throw Error(error.what(), ErrorKind::failure, error.context());
  }
}

void TorchScriptLoss::check(const Batch& batch) const {
  checkNumbers(kId, "prediction", batch.prediction);
  checkPresent(kId, "target", batch.target);
  const auto& target = batch.target;
  const auto samples = batch.prediction.dim() > 0 ? batch.prediction.size(0) : 0;
  if (samples == 0 || target.dim() == 0 || target.dim() > batch.prediction.dim() ||
      target.size(0) != samples)
    fail("torchscript.target: needs one row a sample of the prediction {}, found {}",
         shapeText(batch.prediction), shapeText(target));
  const auto mask = batch.field("mask");
  checkMask(kId, mask, target.sizes(), "target");
  checkNumbers(kId, "target", mask.defined() ? target.masked_fill(mask == 0, 0) : target);
  tryOut(batch);
}

/// Everything that can be known before the first step: value, gradient, and that forward is a
/// function.
void TorchScriptLoss::tryOut(const Batch& batch) const {
  const at::AutoGradMode withGradients(true);
  Batch trial = batch;
  trial.prediction = batch.prediction.detach().requires_grad_(true);
  const auto changes = program(trial.prediction).changes();
  const auto value = compute(trial, false).value;
  if (!value.isfinite().item<bool>())
    fail("{}: forward must return finite numbers, their mean is {}", name_, numberText(value));
  checkGradient(value, trial.prediction);
  const auto again = compute(trial, false).value;
  if (program(trial.prediction).changes() != changes)
    fail(
        "{}: forward changes a tensor that it holds, which no checkpoint has; a loss may not "
        "remember",
        name_);
  if (!at::allclose(again, value, kRounding))
    fail(
        "{}: forward returns {} and then {} for the same input; a loss may not be random or "
        "remember, or no run could be resumed",
        name_, numberText(value), numberText(again));
}

void TorchScriptLoss::checkGradient(const at::Tensor& value, const at::Tensor& prediction) const {
  try {
    if (value.requires_grad()) value.backward();
  } catch (const c10::Error& error) {
    fail("{}: its gradient fails: {}", name_, script::message(error));
  }
  const auto& gradient = prediction.grad();
  if (!gradient.defined())
    fail("{}: what forward returns has no gradient in the prediction", name_);
  const auto wrong = gradient.isfinite().logical_not();
  if (wrong.any().item<bool>())
    fail("{}: its gradient must be finite, found {} where the prediction is {}", name_,
         firstFound(gradient, wrong), firstFound(prediction, wrong));
}

}  // namespace

CatalogRow<Loss> torchscriptRow() {
  Descriptor descriptor;
  descriptor.id = kId;
  descriptor.title = "TorchScript file";
  descriptor.summary =
      "A loss of one's own, exported from Python; the file is a program and runs only once it is "
      "trusted.";
  descriptor.formula = "L = forward(prediction, target)";
  descriptor.citation = "None needed";
  descriptor.parameters = {
      ParameterSpec::file("path",
                          "File that torch.jit.save wrote, from the experiment's folder; its "
                          "forward(prediction, target) returns one number for the batch, one a "
                          "sample, or one an entry of the target; it may hold constants, not "
                          "parameters to be trained")
          .needed(),
      ParameterSpec::text("sha256", "",
                          "SHA-256 that the file must have; empty: a run pins the one it finds")};
  descriptor.taskKinds = {TaskKind::classification, TaskKind::binary, TaskKind::multilabel,
                          TaskKind::ordinal, TaskKind::regression};
  descriptor.inputs = {
      {"prediction", "[N], [N, D] or [N, C]", "numbers or logits"},
      {"target", "as prediction, or int [N]",
       "numbers, or classes; -100 = ignored: 0 for forward and left out of what it returns, but "
       "handed over as it is where forward returns one number for the batch"},
      {"mask", "as target",
       "0 = does not count: 0 for forward and left out; not where it returns one number", false}};
  descriptor.traits = {{"files", {{"path", "sha256"}}},
                       {"slices", {"margin", "raw", "centred", "similarity", "logit", "residual"}}};
  return rowOf<TorchScriptLoss>(descriptor);
}

}  // namespace eq::loss
