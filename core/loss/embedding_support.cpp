#include "core/loss/embedding_support.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cdist.h>
#include <ATen/ops/ones.h>

#include "core/base/error.h"
#include "core/loss/checks.h"

namespace eq::loss {
namespace {

constexpr double kShortest = 1e-12;  // of a row that has a direction
constexpr double kUnderRoot = 1e-12;
constexpr std::int64_t kMostDifferences = 1 << 22;

}  // namespace

EmbeddingLoss::EmbeddingLoss(std::string id, bool normalize, std::vector<std::string> partners)
    : id_(std::move(id)), normalize_(normalize), partners_(std::move(partners)) {}

void EmbeddingLoss::check(const Batch& batch) const {
  checkNumbers(id_, "prediction", batch.prediction);
  if (batch.prediction.dim() != 2)
    fail("{}.prediction: expected embeddings [N, D], found {}", id_, shapeText(batch.prediction));
  for (const auto& field : partners_)
    checkPartner(batch, field, batch.prediction.sizes(), "prediction");
  checkFurther(batch);
}

std::vector<Readout> EmbeddingLoss::readouts(const TaskInfo& task) const {
  Readout readout;
  readout.layer = Readout::Layer::features;
  const auto has = [](const std::vector<std::string>& names) {
    return std::find(names.begin(), names.end(), "pair") != names.end();
  };
  if (has(partners_) && !has(task.fields)) readout.views.prediction = "pair";
  return {readout};
}

at::Tensor EmbeddingLoss::decode(const Batch&) const {
  return {};
}

at::Tensor EmbeddingLoss::partner(const Batch& batch, const std::string& field) const {
  const auto rows = batch.field(field);
  return rows.defined() ? prepared(rows.to(batch.prediction.scalar_type())) : rows;
}

void EmbeddingLoss::checkPartner(const Batch& batch, const std::string& field,
                                 at::IntArrayRef shape, const std::string& like) const {
  const auto rows = batch.field(field);
  checkShape(id_, field, rows, shape, like);
  checkNumbers(id_, field, rows);
}

at::Tensor EmbeddingLoss::prepared(const at::Tensor& rows) const {
  return normalize_ ? unitRows(rows) : rows;
}

at::Tensor unitRows(const at::Tensor& rows) {
  const auto squared = rows.square().sum(-1, true);
  const auto without = squared <= kShortest * kShortest;
  return rows.masked_fill(without, 0) / squared.masked_fill(without, 1).sqrt();
}

at::Tensor squaredRowDistances(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).square().sum(1);
}

at::Tensor squaredDistances(const at::Tensor& a, const at::Tensor& b) {
  // Both forms take differences: ‖a‖² + ‖b‖² - 2 a·b loses the distance of close points. The first
  // is exact where coordinates are, the second needs no [N, M, D].
  if (a.size(0) * b.size(0) * a.size(1) <= kMostDifferences)
    return (a.unsqueeze(1) - b.unsqueeze(0)).square().sum(2);
  constexpr std::int64_t kByDifferences = 2;
  return at::cdist(a, b, 2, kByDifferences).square();
}

at::Tensor rootDistance(const at::Tensor& squared) {
  return (squared + kUnderRoot).sqrt();
}

LabelPairs labelPairs(const at::Tensor& labels, std::int64_t ignored) {
  const auto valid = labels != ignored;
  const auto both = valid.unsqueeze(1) & valid.unsqueeze(0);
  const auto same = labels.unsqueeze(1) == labels.unsqueeze(0);
  return {same & both & offDiagonal(labels.size(0), labels), same.logical_not() & both, valid};
}

at::Tensor offDiagonal(std::int64_t n, const at::Tensor& like) {
  return at::ones({n, n}, like.options().dtype(at::kBool)).fill_diagonal_(false);
}

at::Tensor maskedLogSumExp(const at::Tensor& values, const at::Tensor& mask) {
  const auto without = mask.any(1, true).logical_not();
  return values.masked_fill(mask.logical_not(), -std::numeric_limits<double>::infinity())
      .masked_fill(without, 0)
      .logsumexp(1);
}

at::Tensor maskedMean(const at::Tensor& values, const at::Tensor& mask) {
  return values.masked_fill(mask.logical_not(), 0).sum() / mask.sum().clamp_min(1);
}

Value anchorMean(const at::Tensor& values) {
  return {values.mean(), values, {}};
}

Value anchorMean(const at::Tensor& values, const at::Tensor& valid) {
  return {values.sum() / valid.sum().clamp_min(1), values, valid};
}

void checkLabels(const std::string& loss, const Batch& batch) {
  checkShape(loss, "target", batch.target, {batch.prediction.size(0)}, "the samples");
  checkIntegers(loss, "target", batch.target);
}

void checkSamples(const std::string& loss, const Batch& batch, std::int64_t least) {
  if (batch.prediction.size(0) < least)
    fail("{}.prediction: needs at least {} samples, found {}", loss, least,
         batch.prediction.size(0));
}

std::vector<TaskKind> kindsWithFeatures() {
  return {TaskKind::classification, TaskKind::binary,     TaskKind::multilabel,
          TaskKind::ordinal,        TaskKind::regression, TaskKind::segmentation};
}

std::vector<ParameterSpec> embeddingParameters(std::vector<ParameterSpec> own) {
  own.push_back(ParameterSpec::boolean("normalize", true, "Scale embeddings to length 1 first"));
  return own;
}

std::vector<ParameterSpec> labelParameters(std::vector<ParameterSpec> own) {
  own = embeddingParameters(std::move(own));
  own.push_back(ParameterSpec::integer("ignore_index", -100, "Label of samples that do not count"));
  return own;
}

ParameterSpec temperatureParameter(double value) {
  return ParameterSpec::number("temperature", value, "Divides the similarities").above(0);
}

InputField embeddingInput() {
  return {"prediction", "[N, D]", "embeddings"};
}

InputField partnerInput(const std::string& name, const std::string& doc, bool required) {
  return {name, "[N, D]", doc, required};
}

InputField labelInput() {
  return {"target", "int [N]", "labels, or ignore_index"};
}

}  // namespace eq::loss
