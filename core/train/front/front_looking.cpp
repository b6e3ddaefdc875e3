#include "core/train/front_looking.h"

#include <algorithm>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/train/front_preferences.h"
#include "core/train/front_variants.h"
#include "core/train/inspection.h"

namespace eq::train {

data::Split drawnExamples(const data::Split& split, std::int64_t count, std::uint64_t seed) {
  if (split.size() <= count) return split;
  auto rows = RandomStream(seed).permutation(split.size());
  rows.resize(static_cast<size_t>(count));
  std::sort(rows.begin(), rows.end());
  const auto index = at::tensor(rows, at::kLong).to(split.inputs.device());
  const auto drawn = [&index](const at::Tensor& of) {
    return of.defined() ? of.index_select(0, index) : of;
  };
  data::Split part;
  part.inputs = drawn(split.inputs);
  for (const auto& target : split.targets) part.targets.push_back(drawn(target));
  for (const auto& mask : split.masks) part.masks.push_back(drawn(mask));
  for (const auto& fields : split.fields) {
    part.fields.emplace_back();
    for (const auto& [name, values] : fields) part.fields.back()[name] = drawn(values);
  }
  return part;
}

void placeWithin(const RunParts& parts, model::Model& network, const metric::Point& preference,
                 double budget) {
  auto* sized = dynamic_cast<SizedFront*>(parts.front.get());
  if (!sized)
    fail(
        "--budget: the models of {} are of one size; take controllable_width, or leave the budget "
        "out",
        parts.experiment.pareto.id);
  size_t size = sized->sizes();
  while (size > 0 && sized->costOf(parts, preference, size - 1) > budget) --size;
  if (size == 0)
    fail(
        "--budget: the smallest model of this preference costs {} multiply-adds an example, more "
        "than {}; allow more",
        sized->costOf(parts, preference, 0), budget);
  sized->placeSized(network, preference, size - 1);
}

FrontLook lookAtFront(const RunParts& parts, const FrontLookRequest& request) {
  if (request.examples < 1) fail("front: examples: expected 1 or more, found {}", request.examples);
  const auto& whole = parts.problem.validation;
  FrontLook look;
  look.preference = checkedPreference(request.preference, parts.tasks.size(), "front: preference");
  look.step = parts.progress.steps;
  look.examples = std::min(request.examples, whole.size());
  look.of = whole.size();
  const auto seed = deriveSeed(parts.experiment.seed, "front look");
  look.tasks =
      pointOnFront(parts, drawnExamples(whole, request.examples, seed), look.preference).tasks;
  return look;
}

}  // namespace eq::train
