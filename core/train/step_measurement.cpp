#include "core/train/step_measurement.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>

#include "core/gradient/conflict.h"
#include "core/train/inspection.h"
#include "core/train/preferences.h"
#include "core/train/task_rows.h"

namespace eq::train {
namespace {

gradient::Source sourceOf(bool representation) {
  return representation ? gradient::Source::representation : gradient::Source::exact;
}

Eigen::MatrixXd toMatrix(const at::Tensor& values) {
  const auto host = values.to(at::kCPU, at::kDouble).contiguous();
  return Eigen::Map<const Eigen::MatrixXd>(host.const_data_ptr<double>(), host.size(0),
                                           host.size(1));
}

/// Where nothing is shared there is nothing to disagree in.
bool isSampled(const RunParts& parts) {
  const auto every = parts.experiment.conflict.every;
  return every > 0 && parts.progress.steps % every == 0 &&
         parts.model->parameters().columns().size() > 0;
}

/// Whether the squares of the rows are enough.
bool normsAlone(const balance::Needs& needs) {
  return needs.rowNorms && !needs.gramian && !needs.representation;
}

}  // namespace

void StepMeasurement::take(at::Tensor rows) {
  rows_ = std::move(rows);
  given_ = true;
}

gradient::Purpose StepMeasurement::purpose(const RunParts& parts) {
  // They are in the order of what a pass can be asked.
  return std::max(balancerPurpose(parts), parts.schemes.purpose());
}

gradient::Purpose StepMeasurement::balancerPurpose(const RunParts& parts) {
  const auto needs = parts.balancer->needs();
  if (needs.crossGramian || needs.rowNumbers || needs.rows) return gradient::Purpose::exact;
  if (needs.lastRowNorms) return gradient::Purpose::exact;
  if (needs.gramian || needs.rowNorms)
    return needs.representation ? gradient::Purpose::representation : gradient::Purpose::exact;
  return isSampled(parts) ? gradient::Purpose::sumShown : gradient::Purpose::sum;
}

balance::Inputs StepMeasurement::inputs() {
  const auto needs = parts_.balancer->needs();
  const auto whenAsked = [](bool asked, const auto& measure) {
    return asked ? at::Tensor(measure()) : at::Tensor();
  };
  OneCopy copy;
  const auto losses = copy.add(whenAsked(needs.losses, [&] { return pass_.losses; }));
  const auto measured = copy.add(products(needs));
  const auto last = copy.add(whenAsked(needs.lastRowNorms, [&] { return lastSquares(); }));
  const auto cross = copy.add(whenAsked(needs.crossGramian, [&] { return crossProducts(); }));
  const auto numbers = copy.add(whenAsked(
      needs.rowNumbers, [&] { return parts_.balancer->measureRows(rows(), pass_.active); }));
  const auto after = copy.add(std::exchange(parts_.feed.lossesAfter, {}));
  const auto validation =
      copy.add(whenAsked(needs.validationLosses, [&] { return validationLosses(parts_); }));
  copy.take();
  learn(copy.vector(after));
  balance::Inputs inputs;
  inputs.step = parts_.progress.steps;
  inputs.epoch = parts_.sampler->epoch();
  inputs.losses = copy.vector(losses);
  inputs.validationLosses = copy.vector(validation);
  if (needs.firstValidation) inputs.firstValidation = wholeValidation();
  if (needs.kpi)
    inputs.kpi =
        Eigen::Map<const Eigen::VectorXd>(parts_.feed.kpi.data(), std::ssize(parts_.feed.kpi));
  if (needs.crossGramian)
    inputs.crossGramian = inParts() ? takeParts(copy.vector(cross)) : copy.matrix(cross);
  inputs.rowNumbers = copy.vector(numbers);
  lastSquares_ = copy.vector(last);
  inputs.lastRowNorms = lastSquares_.cwiseMax(0).cwiseSqrt();
  inputs.preference = preferencesOf(parts_.experiment);
  takeProducts(needs, inputs, copy, measured);
  return inputs;
}

at::Tensor StepMeasurement::products(const balance::Needs& needs) {
  if (pass_.rows || !(needs.gramian || needs.rowNorms)) return {};
  const bool whole = parts_.parts.empty() || needs.crossGramian;
  if (given_) return whole ? gramianOf(rows_) : gramiansOfParts();
  if (!whole) return gramiansOfParts();
  return normsAlone(needs) ? parts_.engine->squaredNorms(pass_.forward)
                           : parts_.engine->gramian(pass_.forward, sourceOf(needs.representation));
}

/// ‖g_k‖² in the last layer that all tasks share, [K].
at::Tensor StepMeasurement::lastSquares() {
  if (pass_.rows || given_) return lastSquaresOf(parts_, rows());
  const std::vector<TrunkPart> last{*lastSharedLayer(*parts_.model)};
  return parts_.engine->gramians(pass_.forward, indicesOf(last)).select(0, 0).diagonal();
}

/// G of each part that the method works on, [parts, K, K].
at::Tensor StepMeasurement::gramiansOfParts() {
  if (given_) return at::stack(train::gramiansOfParts(*parts_.model, parts_.parts, rows_));
  return parts_.engine->gramians(pass_.forward, indicesOf(parts_.parts));
}

/// \param numbers of each part. \return their sum.
Eigen::MatrixXd StepMeasurement::takeParts(const Eigen::VectorXd& numbers) {
  const auto count = std::ssize(parts_.tasks);
  Eigen::MatrixXd sum = Eigen::MatrixXd::Zero(count, count);
  for (size_t i = 0; i < parts_.parts.size(); ++i) {
    const auto first = static_cast<Eigen::Index>(i) * count * count;
    ofParts_.emplace_back(
        numbers.segment(first, count * count).reshaped<Eigen::RowMajor>(count, count));
    sum += ofParts_.back();
  }
  return sum;
}

at::Tensor StepMeasurement::crossProducts() {
  if (!pass_.rows && !parts_.parts.empty())
    return parts_.engine->crossGramians(pass_.forward, second_->forward, indicesOf(parts_.parts));
  if (!pass_.rows) return parts_.engine->crossGramian(pass_.forward, second_->forward);
  return rows().mm(rows().t());  // every batch of an analytic problem is the point
}

const at::Tensor& StepMeasurement::rows() {
  if (rows_.defined()) return rows_;
  return rows_ = pass_.rows ? rowsOfPoint(pass_) : parts_.engine->jacobian(pass_.forward);
}

void StepMeasurement::takeProducts(const balance::Needs& needs, balance::Inputs& inputs,
                                   const OneCopy& copy, OneCopy::Place place) {
  if (!(needs.gramian || needs.rowNorms)) return;
  if (!pass_.rows && !given_ && normsAlone(needs)) {
    squares_ = copy.vector(place);
    inputs.rowNorms = squares_.cwiseMax(0).cwiseSqrt();
    return;
  }
  if (!needs.crossGramian && inParts())
    exact_ = takeParts(copy.vector(place));
  else if (!pass_.rows)
    (needs.representation ? representation_ : exact_) = copy.matrix(place);
  inputs.gramian = gramian(needs.representation);
  inputs.rowNorms = inputs.gramian.diagonal().cwiseMax(0).cwiseSqrt();
}

/// \param lossesAfter [K + 1], see BalancerFeed; or empty.
void StepMeasurement::learn(const Eigen::VectorXd& lossesAfter) {
  const auto count = std::ssize(parts_.tasks);
  if (lossesAfter.size() > 0 && lossesAfter[count] == 0)
    parts_.balancer->learn(lossesAfter.head(count));
}

Eigen::VectorXd StepMeasurement::wholeValidation() const {
  const auto record = evaluate(parts_, SplitName::validation);
  Eigen::VectorXd losses(std::ssize(record.tasks));
  for (size_t k = 0; k < record.tasks.size(); ++k)
    losses[static_cast<Eigen::Index>(k)] = record.tasks[k].at("loss");
  return losses;
}

std::optional<PendingConflict> StepMeasurement::conflict(const balance::Weights& weights,
                                                         const at::Tensor& direction) {
  if (!isSampled(parts_)) return std::nullopt;
  const bool representation = parts_.experiment.conflict.source == "representation" && !given_;
  PendingConflict waiting;
  waiting.source = representation              ? GradientSource::representation
                   : parts_.model->feedsBack() ? GradientSource::feedback
                                               : GradientSource::exact;
  waiting.weights = weights.weights;
  waiting.partWeights = weights.parts;
  std::vector<at::Tensor> onDevice;
  const auto add = [&](const at::Tensor& numbers) {
    onDevice.push_back(numbers.to(at::kDouble).reshape({-1}));
  };
  auto& known = representation ? representation_ : exact_;
  if (!known && pass_.rows) known = *pass_.rows * pass_.rows->transpose();
  waiting.gramian = known;
  if (!known)
    add(given_ ? gramianOf(rows_)
               : parts_.engine->gramian(pass_.forward, sourceOf(representation)));
  if (!weights.parts.empty() && second_)
    add(gramiansOfParts());
  else
    waiting.partGramians = ofParts_;
  waiting.hasDirection = direction.defined();
  if (direction.defined()) add(direction.to(at::kDouble).norm());
  if (parts_.experiment.conflict.layers && !pass_.rows) {
    const auto layers = sharedParts(*parts_.model, false);
    for (const auto& layer : layers) waiting.layers.push_back(layer.name);
    add(given_ ? at::stack(train::gramiansOfParts(*parts_.model, layers, rows_))
               : parts_.engine->gramians(pass_.forward, indicesOf(layers)));
  }
  if (!onDevice.empty()) waiting.values = at::cat(onDevice);
  return waiting;
}

std::vector<size_t> StepMeasurement::nonFinite() const {
  std::vector<size_t> found;
  for (size_t k = 0; k < pass_.forward.active.size(); ++k) {
    const auto at = static_cast<Eigen::Index>(k);
    const auto spoilt = [&](const auto& gramian) {
      return gramian && !std::isfinite((*gramian)(at, at));
    };
    const auto spoiltNorm = [&](const Eigen::VectorXd& squares) {
      return squares.size() > 0 && !std::isfinite(squares[at]);
    };
    if (pass_.forward.active[k] && (spoilt(exact_) || spoilt(representation_) ||
                                    spoiltNorm(squares_) || spoiltNorm(lastSquares_)))
      found.push_back(k);
  }
  return found;
}

const Eigen::MatrixXd& StepMeasurement::gramian(bool representation) {
  auto& slot = representation ? representation_ : exact_;
  if (!slot && pass_.rows) slot = *pass_.rows * pass_.rows->transpose();
  if (!slot && given_) slot = toMatrix(gramianOf(rows_));
  if (!slot) slot = toMatrix(parts_.engine->gramian(pass_.forward, sourceOf(representation)));
  return *slot;
}

}  // namespace eq::train
