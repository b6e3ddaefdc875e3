#include "core/data/arrays/array_keys.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/data/arrays/array_kinds.h"
#include "core/data/table_targets.h"

namespace eq::data {
namespace {

using nlohmann::json;

constexpr const char* kAuto = "auto";

std::vector<std::string> kindChoices() {
  auto choices = kindNames();
  choices.insert(choices.begin(), kAuto);
  return choices;
}

ParameterSpec checkedHere(std::string name, json value, std::string doc) {
  auto spec = ParameterSpec::text(std::move(name), "", std::move(doc));
  spec.type = ParameterType::any;
  spec.defaultValue = std::move(value);
  return spec;
}

const std::vector<ParameterSpec>& arrayTargetFields() {
  static const std::vector<ParameterSpec> fields{
      ParameterSpec::text("array", "", "Name of the array").needed(),
      ParameterSpec::choice("kind", kAuto, kindChoices(),
                            "What the array holds; auto = by its type, shape and values"),
      ParameterSpec::text("name", "", "Name of the task; empty = the array's"),
      checkedHere("classes", json::array(), "Names of the values 0, 1 ..."),
      checkedHere("missing", kAuto, "Numbers that stand for no target"),
      ParameterSpec::text("unit", "", "Unit of a number"),
      checkedHere("fields", json::object(), "Further inputs of losses: {\"weight\": an array}"),
  };
  return fields;
}

std::map<std::string, std::string> readFieldArrays(const json& value, const std::string& path) {
  if (!value.is_object()) fail("{}: expected {{field: array}}, found {}", path, value.dump());
  std::map<std::string, std::string> fields;
  for (const auto& [name, array] : value.items()) {
    if (!array.is_string())
      fail("{}.{}: expected the name of an array, found {}", path, name, array.dump());
    fields[name] = array.get<std::string>();
  }
  return fields;
}

ArrayTargetSpec readArrayTarget(const json& value, const std::string& path) {
  if (!value.is_object())
    fail("{}: expected {{\"array\": ..., \"kind\": ...}}, found {}", path, value.dump());
  const Parameters fields(arrayTargetFields(), value, path);
  ArrayTargetSpec spec;
  spec.array = fields.text("array");
  spec.name = fields.text("name").empty() ? spec.array : fields.text("name");
  if (spec.name != oneLine(spec.name))
    fail("{}.name: expected one line without control characters, found \"{}\"", path,
         oneLine(spec.name));
  if (fields.text("kind") != kAuto) spec.kind = kindNamed(fields.text("kind"));
  spec.classes = readTexts(fields.at("classes"), path + ".classes");
  if (fields.at("missing") != kAuto) {
    check(ParameterSpec::numberList("missing", json::array(), ""), fields.at("missing"),
          path + ".missing");
    spec.missing = fields.numbers("missing");
  }
  spec.unit = fields.text("unit");
  spec.fields = readFieldArrays(fields.at("fields"), path + ".fields");
  if (!spec.classes.empty() && spec.kind == TaskKind::regression)
    fail("{}.classes: a number has no classes; remove it", path);
  return spec;
}

std::vector<ArrayTargetSpec> readArrayTargets(const json& value, const std::string& path) {
  if (!value.is_array() || value.empty())
    fail("{}: expected a list of {{\"array\": ..., \"kind\": ...}}, found {}", path, value.dump());
  std::vector<ArrayTargetSpec> specs;
  for (size_t i = 0; i < value.size(); ++i) {
    specs.push_back(readArrayTarget(value[i], fmt::format("{}[{}]", path, i)));
    for (size_t j = 0; j < i; ++j)
      if (specs[j].name == specs[i].name)
        fail("{}[{}].name: \"{}\" stands at {}[{}] already", path, i, specs[i].name, path, j);
  }
  return specs;
}

void checkSplit(const ArrayKeys& keys) {
  const bool needs = keys.split == "stratified" || keys.split == "group";
  if (keys.split == "random" && !keys.splitArray.empty())
    fail("data.split_array: random reads no array; name another way in data.split");
  if (needs && keys.splitArray.empty())
    fail("data.split_array: {} goes by an array; name it", keys.split);
}

}  // namespace

bool ArrayTargetSpec::uses(const std::string& other) const {
  return array == other || std::any_of(fields.begin(), fields.end(),
                                       [&](const auto& field) { return field.second == other; });
}

std::vector<ParameterSpec> arrayFields() {
  return {
      ParameterSpec::file(
          "path",
          "An .npz file, or a folder of .npy or IDX files; a relative path starts at the "
          "experiment's folder, then at the samples'")
          .needed(),
      checkedHere("inputs", json::array(),
                  "Names of the input arrays; empty = all that are nothing else. One is taken as "
                  "it is ([N, height, width] and [N, channels, height, width] are images); several "
                  "of one or two dimensions are set side by side"),
      checkedHere(
          "targets", json::array(),
          "One task each: {\"array\", \"kind\": class | binary | ordinal | number | multilabel | "
          "segmentation (by type, shape and values where it is not given), \"name\", \"unit\", "
          "\"classes\": [names of the values 0, 1 ...], \"missing\": [numbers that stand for no "
          "target; NaN always does, -100 of classes where it is not given], \"fields\": "
          "{\"weight\": an array, ...: what losses of the task read further}}")
          .needed(),
      ParameterSpec::choice("layout", kAuto, {kAuto, "channels_first", "channels_last"},
                            "Of images in four dimensions; auto = the one with 1, 3 or 4 channels"),
      ParameterSpec::choice("scaling", "standard", {"standard", "none"},
                            "Inputs with mean 0 and standard deviation 1 over the training part, "
                            "each feature by itself and all pixels of images together; or as they "
                            "are"),
      ParameterSpec::number("validation", 0.15, "Share of the rows kept for validation")
          .from(0)
          .below(1),
      ParameterSpec::number("test", 0.15, "Share of the rows kept for the test").from(0).below(1),
      ParameterSpec::choice("split", "random", {"random", "stratified", "group", "given"},
                            "How rows are divided; stratified = each value of split_array in the "
                            "same shares, group = rows of one value stay together, given = "
                            "split_array holds 0 (train), 1 (validation) or 2 (test), or without "
                            "it the names say the part: x_train, test-images, val/x"),
      ParameterSpec::text("split_array", "",
                          "Array of one number a row that split goes by; random has none"),
      ParameterSpec::boolean("standardize_targets", false,
                             "Number targets with mean 0 and standard deviation 1 over the "
                             "training part; metrics stay in the array's own unit"),
  };
}

ArrayKeys arrayKeys(const Parameters& parameters) {
  ArrayKeys keys;
  keys.inputs = readTexts(parameters.at("inputs"), "data.inputs");
  keys.targets = readArrayTargets(parameters.at("targets"), "data.targets");
  keys.layout = parameters.text("layout");
  keys.standard = parameters.text("scaling") == "standard";
  keys.standardizeTargets = parameters.boolean("standardize_targets");
  keys.split = parameters.text("split");
  keys.splitArray = parameters.text("split_array");
  keys.shares = Shares::from(parameters);
  checkSplit(keys);
  for (size_t i = 0; i < keys.inputs.size(); ++i)
    for (const auto& target : keys.targets)
      if (target.uses(keys.inputs[i]))
        fail("data.inputs[{}]: \"{}\" is a target or a field of one too", i, keys.inputs[i]);
  return keys;
}

}  // namespace eq::data
