#include "core/loss/loss_bench.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randint.h>

#include "core/base/error.h"
#include "core/loss/catalog.h"
#include "core/loss/loss.h"
#include "core/loss/nesting.h"

namespace eq::loss {
namespace {

using nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr std::int64_t kQueryItems = 32;  // of a list in the ranking losses
constexpr std::int64_t kPerSample = 4;    // texts of an image
constexpr std::int64_t kAttackSteps = 10;

std::int64_t sizeOf(const std::string& name, bool third, const LossBenchSpec& spec) {
  if (name == "N") return spec.samples;
  if (name == "2N") return spec.samples / 2 * 2;
  if (name == "K-1") return spec.classes - 1;
  if (name == "2") return 2;
  return third ? kPerSample : spec.classes;
}

/// The last shape that a descriptor's text offers, but for sequences: "[N] or [N, D]" gives {N, D}.
std::vector<std::int64_t> shapeFrom(const std::string& text, const LossBenchSpec& spec) {
  if (text.find("C, pixels") != std::string::npos) return {spec.samples, 2, spec.classes};
  if (text.find("3, pixels") != std::string::npos) return {spec.samples, 3, spec.classes};
  if (text.find("pixels") != std::string::npos) return {spec.samples, spec.classes};
  const bool sequences = text.find('T') != std::string::npos;
  const auto begin = sequences ? text.find('[') : text.rfind('[');
  const auto end = sequences ? text.find(']') : text.rfind(']');
  if (begin == std::string::npos) return {spec.samples, spec.classes};
  std::vector<std::string> names(1);
  for (const char letter : text.substr(begin + 1, end - begin - 1)) {
    if (letter == ',')
      names.emplace_back();
    else if (letter != ' ')
      names.back() += letter;
  }
  std::vector<std::int64_t> shape;
  for (size_t i = 0; i < names.size(); ++i)
    shape.push_back(sizeOf(names[i], names.size() == 3 && i == 1 && names[i] == "K", spec));
  return shape;
}

json parametersFor(const Descriptor& descriptor, const LossBenchSpec& spec) {
  json params = json::object();
  for (const auto& one : descriptor.parameters) {
    if (!one.required) continue;
    const auto count = static_cast<size_t>(spec.classes);
    if (one.name == "counts") params[one.name] = std::vector<double>(count, 10);
    if (one.name == "values") {
      std::vector<double> values(count);
      for (size_t i = 0; i < count; ++i) values[i] = static_cast<double>(i);
      params[one.name] = values;
    }
    if (one.name == "terms") params[one.name] = {{{"id", "cross_entropy"}}, {{"id", "focal"}}};
    if (one.name == "text") params[one.name] = "smooth_l1(p - t) * (1 + 0.5 * t)";
  }
  return params;
}

at::Tensor valuesFor(const InputField& field, const Descriptor& descriptor,
                     const std::vector<std::int64_t>& shape, const LossBenchSpec& spec) {
  const bool maps = descriptor.traits.value("prediction", std::string()) == "maps";
  if (field.name == "group") return at::arange(spec.samples, at::kLong).floor_divide(kQueryItems);
  if (field.name == "steps") return at::randint(0, kAttackSteps, shape, at::kLong);
  if (descriptor.id == "margin_ranking" && field.name == "target")
    return at::ones(shape, at::kFloat);
  if (field.name == "thresholds") return at::linspace(-3, 3, shape[0], at::kFloat);
  if (field.shape.starts_with("int"))
    return at::randint(0, maps ? 2 : spec.classes, shape, at::kLong);
  const bool labels =
      descriptor.accepts(TaskKind::binary) || descriptor.accepts(TaskKind::multilabel);
  if (field.name == "target" && labels && !descriptor.accepts(TaskKind::regression))
    return at::randint(0, 2, shape, at::kLong).to(at::kFloat);
  return at::rand(shape, at::kFloat) * 0.8 + 0.1;
}

/// Random input of every field that is required, and of the optional ones that stand for them.
Batch inputFor(const std::string& id, const json& params, const LossBenchSpec& spec) {
  const auto& descriptor = catalog().descriptor(id);
  Batch batch;
  std::map<std::string, std::vector<std::int64_t>> shapes;
  for (const auto& field : inputsOf(id, params)) {
    const bool wanted =
        field.required || field.name == "group" || field.name == "weight" || field.name == "target";
    if (!wanted) continue;
    // Class indices of one label a sample, where the text offers rows of probabilities as well.
    auto text = field.shape;
    if (text.starts_with("int")) text = text.substr(0, text.find(']') + 1);
    const bool same = field.shape == "as prediction";
    auto shape = same ? shapes["prediction"] : shapeFrom(text, spec);
    if (field.name == "target" && !same && !field.shape.starts_with("int") &&
        descriptor.traits.value("prediction", std::string()) == "mean_log_variance")
      shape = {spec.samples, spec.classes};
    shapes[field.name] = shape;
    const auto values = valuesFor({field.name, text, field.doc}, descriptor, shape, spec);
    if (field.name == "prediction")
      batch.prediction = values;
    else if (field.name == "target")
      batch.target = values;
    else
      batch.fields[field.name] = values;
  }
  return batch;
}

/// One forward and backward, in ms.
double timed(const Loss& loss, Batch batch) {
  batch.prediction = batch.prediction.detach().requires_grad_(true);
  const auto start = Clock::now();
  const auto value = loss.evaluate(batch).value;
  if (value.requires_grad()) value.backward();
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

}  // namespace

SampledLoss sampleLoss(const std::string& id, const LossBenchSpec& spec) {
  const auto params = parametersFor(catalog().descriptor(id), spec);
  SampledLoss sampled{catalog().create(id, params, id), inputFor(id, params, spec)};
  sampled.loss->check(sampled.batch);
  return sampled;
}

std::vector<LossBenchRow> benchLosses(const LossBenchSpec& spec) {
  auto ids = spec.ids;
  if (ids.empty())
    for (const auto* descriptor : catalog().descriptors())
      if (!descriptor->traits.contains("files")) ids.push_back(descriptor->id);
  const auto reference = sampleLoss("cross_entropy", spec);
  std::vector<LossBenchRow> rows;
  for (const auto& id : ids) {
    catalog().row(id, "--losses");
    LossBenchRow row;
    row.id = id;
    try {
      const auto subject = sampleLoss(id, spec);
      double least = 0, reached = timed(*reference.loss, reference.batch);
      const auto start = Clock::now();
      for (std::int64_t round = 0; round < spec.rounds; ++round) {
        reached = std::min(reached, timed(*reference.loss, reference.batch));
        const double own = timed(*subject.loss, subject.batch);
        least = round == 0 ? own : std::min(least, own);
        if (std::chrono::duration<double>(Clock::now() - start).count() > spec.seconds) break;
      }
      row.minMs = least;
      row.ratio = least / reached;
    } catch (const Error& error) {
      row.problem = error.what();
    }
    rows.push_back(row);
  }
  return rows;
}

}  // namespace eq::loss
