#include "core/data/arrays.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/base/paths.h"
#include "core/data/arrays/array_inputs.h"
#include "core/data/arrays/array_targets.h"
#include "core/data/memory.h"
#include "core/data/problem.h"
#include "core/data/views.h"

namespace eq::data {
namespace {

using Used = std::vector<const ExampleArray*>;

Used targetArrays(const ArraySet& arrays, const ArrayKeys& keys) {
  Used used;
  for (size_t i = 0; i < keys.targets.size(); ++i) {
    const auto path = fmt::format("data.targets[{}]", i);
    used.push_back(&arrays.named(keys.targets[i].array, path + ".array"));
    for (const auto& [field, name] : keys.targets[i].fields)
      used.push_back(&arrays.named(name, path + ".fields." + field));
  }
  return used;
}

/// The arrays that data.inputs names, or all that are nothing else.
Used inputArrays(const ArraySet& arrays, const ArrayKeys& keys) {
  Used inputs;
  for (size_t i = 0; i < keys.inputs.size(); ++i)
    inputs.push_back(&arrays.named(keys.inputs[i], fmt::format("data.inputs[{}]", i)));
  if (!inputs.empty()) return inputs;
  for (const auto& array : arrays.all()) {
    const bool other = array.name == keys.splitArray ||
                       std::any_of(keys.targets.begin(), keys.targets.end(),
                                   [&](const auto& target) { return target.uses(array.name); });
    if (!other) inputs.push_back(&arrays.named(array.name, "data.inputs"));
  }
  if (inputs.empty()) fail("data.inputs: {} leaves no array to learn from", arrays.place());
  return inputs;
}

/// \param used inputs and targets, in float32 and at most int64.
void requireMemoryFor(const Used& used, const std::string& place) {
  double needed = 0;
  for (const auto* array : used)
    needed += 4.0 * static_cast<double>(array->rows()) * static_cast<double>(array->width());
  requireMemory(needed, place, "name fewer arrays in data.inputs, or save fewer examples");
}

/// One part of what was encoded. \param first place of its first row.
Split partOf(const ArrayInputs& inputs, const std::vector<ArrayTarget>& targets, size_t first,
             Parts::Rows rows, const RowHashes& hashes) {
  const auto begin = static_cast<std::int64_t>(first);
  const auto cut = [&](const at::Tensor& tensor) {
    return tensor.defined() ? tensor.narrow(0, begin, std::ssize(rows)) : at::Tensor();
  };
  Split split;
  split.inputs = cut(inputs.rows);
  for (const auto& target : targets) {
    split.targets.push_back(cut(target.values));
    split.masks.push_back(cut(target.mask));
    split.fields.emplace_back();
    for (const auto& [name, tensor] : target.fields) split.fields.back()[name] = cut(tensor);
  }
  split.source = hashes.of(rows);
  return split;
}

class Arrays : public Dataset {
 public:
  Arrays(const Parameters& parameters, const Setting& setting)
      : parameters_(parameters), setting_(setting), keys_(arrayKeys(parameters)) {}

  Problem load(std::uint64_t seed) const override {
    const auto path = findPath(parameters_.text("path"), setting_.folder, "data.path");
    auto files = findArrays(path);
    Problem problem;
    problem.warnings = files.warnings;
    const ArraySet arrays(std::move(files), path.string(),
                          keys_.split == "given" && keys_.splitArray.empty());
    auto used = targetArrays(arrays, keys_);
    const auto inputs = inputArrays(arrays, keys_);
    used.insert(used.begin(), inputs.begin(), inputs.end());
    requireSameRows(used);
    requireMemoryFor(used, arrays.place());
    const auto parts = divideArrays(arrays, keys_, *used[0], seed, problem.warnings);
    encode(problem, arrays, inputs, parts);
    problem.augmentation = augmentationOf(parameters_, true);
    if (problem.augmentation.shift > 0 && problem.inputShape.size() != 3)
      fail("data.view_shift: the inputs are no images; set it to 0");
    return problem;
  }

 private:
  void encode(Problem& problem, const ArraySet& arrays, const Used& inputArrays,
              const Parts& parts) const {
    const RowPlaces places(parts);
    RowHashes hashes(places.size());
    const auto inputs = encodeArrays(inputArrays, keys_, places, hashes, problem.warnings);
    std::vector<ArrayTarget> targets;
    for (size_t i = 0; i < keys_.targets.size(); ++i) {
      targets.push_back(encodeArrayTarget(arrays, keys_.targets[i], keys_.standardizeTargets,
                                          places, fmt::format("data.targets[{}]", i), hashes,
                                          problem.warnings));
      problem.tasks.push_back(targets.back().info);
    }
    problem.inputShape = inputs.shape;
    problem.inputs = inputs.scales;
    problem.validation = partOf(inputs, targets, 0, parts.validationRows(), hashes);
    problem.test = partOf(inputs, targets, parts.validation, parts.testRows(), hashes);
    problem.train =
        partOf(inputs, targets, parts.validation + parts.test, parts.trainRows(), hashes);
  }

  Parameters parameters_;
  Setting setting_;
  ArrayKeys keys_;
};

}  // namespace

CatalogRow<Dataset, const Setting&> arraysRow() {
  Descriptor descriptor;
  descriptor.id = "arrays";
  descriptor.title = "Arrays";
  descriptor.summary =
      "Arrays of numbers from NumPy's files (.npz, a folder of .npy) or IDX files: some are "
      "inputs, each "
      "other one is a task; missing targets are left out task by task.";
  descriptor.formula = "x = (number - training mean) / training deviation";
  descriptor.citation =
      "Formats: numpy.lib.format, versions 1.0 to 3.0; PKWARE APPNOTE.TXT 6.3; MNIST's IDX";
  descriptor.parameters = withViews(arrayFields(), {0.3, 0.1, 0}, true);
  descriptor.taskKinds = {TaskKind::classification, TaskKind::binary,     TaskKind::ordinal,
                          TaskKind::regression,     TaskKind::multilabel, TaskKind::segmentation};
  descriptor.traits = {{"tasks_from", {"targets"}}};
  return {descriptor, [](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<Arrays>(parameters, setting);
          }};
}

}  // namespace eq::data
