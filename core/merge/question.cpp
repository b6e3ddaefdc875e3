#include "core/merge/question.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

#include "core/base/error.h"
#include "core/metric/pareto/json_points.h"

namespace eq::merge {
namespace {

using nlohmann::json;

bool isMerged(const std::string& name, const Tensor& tensor,
              const std::vector<std::string>& exclude) {
  return !tensor.isInteger && !isExcluded(name, exclude);
}

/// k of `head.k.*`.
std::optional<size_t> headOf(const std::string& name) {
  constexpr std::string_view kHead = "head.";
  if (!name.starts_with(kHead)) return {};
  const char* begin = name.data() + kHead.size();
  const char* end = name.data() + name.size();
  size_t number = 0;
  const auto read = std::from_chars(begin, end, number);
  const bool padded = *begin == '0' && read.ptr != begin + 1;
  if (read.ec != std::errc() || read.ptr == end || *read.ptr != '.' || padded) return {};
  return number;
}

/// What stands in the message for the model that the experts are compared with.
struct Reference {
  const Model& model;
  const char* name;
};

/// Adds the tensors that only one side has.
void addDifference(const Reference& reference, const Model& expert, const std::string& place,
                   const std::vector<std::string>& exclude, std::vector<std::string>& found) {
  for (const auto& [name, tensor] : reference.model)
    if (isMerged(name, tensor, exclude) && !expert.contains(name))
      found.push_back(fmt::format("{}.{}: only {} has this tensor", place, name, reference.name));
  for (const auto& [name, tensor] : expert)
    if (isMerged(name, tensor, exclude) && !reference.model.contains(name))
      found.push_back(
          fmt::format("{}.{}: {} has no such tensor, the expert has", place, name, reference.name));
}

const char* typeOf(const Tensor& tensor) {
  return tensor.isInteger ? "int64" : "float64";
}

void addUnlike(const Reference& reference, const Model& expert, const std::string& place,
               const std::vector<std::string>& exclude, std::vector<std::string>& found) {
  for (const auto& [name, tensor] : expert) {
    const auto other = reference.model.find(name);
    if (other == reference.model.end() || isExcluded(name, exclude)) continue;
    if (tensor.isInteger != other->second.isInteger)
      found.push_back(fmt::format("{}.{}: expected dtype {} as in {}, found {}", place, name,
                                  typeOf(other->second), reference.name, typeOf(tensor)));
    else if (!tensor.isInteger && tensor.shape != other->second.shape)
      found.push_back(fmt::format("{}.{}: expected shape {} as in {}, found {}", place, name,
                                  shapeText(other->second.shape), reference.name,
                                  shapeText(tensor.shape)));
  }
}

void checkExperts(const Reference& reference, const std::vector<Model>& experts,
                  const std::vector<std::string>& names, const std::vector<std::string>& exclude) {
  std::vector<std::string> differences, unlike;
  for (size_t k = 0; k < experts.size(); ++k) {
    addDifference(reference, experts[k], names[k], exclude, differences);
    addUnlike(reference, experts[k], names[k], exclude, unlike);
  }
  if (!differences.empty())
    fail("{}; merged tensors need the same names, or a beginning of the name in \"exclude\"",
         fmt::join(differences, "; "));
  if (!unlike.empty()) fail("{}", fmt::join(unlike, "; "));
}

std::vector<Model> readExperts(const json& input) {
  const auto& list = neededField(input, "experts");
  if (!list.is_array()) fail("experts: expected a list of models, found {}", metric::quoted(list));
  if (list.empty()) fail("experts: at least one is needed, found none");
  std::vector<Model> experts;
  for (size_t k = 0; k < list.size(); ++k)
    experts.push_back(readModel(list[k], fmt::format("experts[{}]", k)));
  return experts;
}

Eigen::VectorXd flatOf(const Model& model, const std::vector<Place>& places) {
  const Eigen::Index size = places.empty() ? 0 : places.back().begin + places.back().size;
  Eigen::VectorXd flat(size);
  for (const auto& place : places)
    flat.segment(place.begin, place.size) = model.at(place.name).numbers;
  return flat;
}

/// All that is not merged: the base's, and `head.k.*` of expert k.
Model copiedOf(const Model& base, const std::vector<Model>& experts,
               const std::vector<std::string>& exclude) {
  Model copied;
  for (const auto& [name, tensor] : base)
    if (!isMerged(name, tensor, exclude)) copied[name] = tensor;
  for (size_t k = 0; k < experts.size(); ++k)
    for (const auto& [name, tensor] : experts[k])
      if (isExcluded(name, exclude) && headOf(name) == k) copied[name] = tensor;
  return copied;
}

Vectors tausOf(const Question& question, const std::vector<std::string>& names) {
  Vectors taus;
  for (size_t k = 0; k < question.count(); ++k) {
    taus.push_back(question.experts[k] - question.base);
    if (!taus.back().allFinite())
      fail("{}: the difference from the base is beyond the numbers of float64", names[k]);
  }
  return taus;
}

Question posed(const Reference& reference, const std::vector<Model>& experts,
               const std::vector<std::string>& names, const std::vector<std::string>& exclude) {
  const Model& base = reference.model;
  checkExperts(reference, experts, names, exclude);
  Question question;
  Eigen::Index begin = 0;
  for (const auto& [name, tensor] : base) {
    if (!isMerged(name, tensor, exclude)) continue;
    question.places.push_back({name, tensor.shape, begin, tensor.numbers.size()});
    begin += tensor.numbers.size();
  }
  question.base = flatOf(base, question.places);
  std::set<std::string> known;
  for (const auto& [name, tensor] : base) known.insert(name);
  for (const auto& expert : experts) {
    question.experts.push_back(flatOf(expert, question.places));
    for (const auto& [name, tensor] : expert) known.insert(name);
  }
  question.known.assign(known.begin(), known.end());
  question.taus = tausOf(question, names);
  question.copied = copiedOf(base, experts, exclude);
  return question;
}

}  // namespace

bool Question::knows(const std::string& name) const {
  return std::binary_search(known.begin(), known.end(), name);
}

const Place* Question::find(const std::string& name) const {
  const auto found = std::find_if(places.begin(), places.end(),
                                  [&](const auto& place) { return place.name == name; });
  return found == places.end() ? nullptr : &*found;
}

bool given(const json& input, const std::string& field) {
  return input.contains(field) && !input[field].is_null();
}

const json& neededField(const json& input, const std::string& field) {
  if (!given(input, field)) fail("{}: is required and missing", field);
  return input[field];
}

void checkPerExpert(const json& list, const std::string& place, size_t experts) {
  if (!list.is_array() || list.size() != experts)
    fail("{}: expected a list of {}, one an expert, found {}", place, experts,
         list.is_array() ? std::to_string(list.size()) : metric::quoted(list));
}

bool isExcluded(const std::string& name, const std::vector<std::string>& exclude) {
  return std::any_of(exclude.begin(), exclude.end(),
                     [&](const auto& beginning) { return name.starts_with(beginning); });
}

Question readQuestion(const json& input, const std::vector<std::string>& exclude, bool needsBase) {
  const bool hasBase = needsBase || given(input, "base");
  const Model own = hasBase ? readModel(neededField(input, "base"), "base") : Model();
  const auto experts = readExperts(input);
  const Model& base = hasBase ? own : experts[0];
  std::vector<std::string> names;
  for (size_t k = 0; k < experts.size(); ++k) names.push_back(fmt::format("experts[{}]", k));
  auto question = posed({base, hasBase ? "the base" : "experts[0]"}, experts, names, exclude);
  question.hasBase = hasBase;
  return question;
}

Question questionOf(const Model& base, const std::vector<Model>& experts,
                    const std::vector<std::string>& names,
                    const std::vector<std::string>& exclude) {
  auto question = posed({base, "the base"}, experts, names, exclude);
  question.hasBase = true;
  return question;
}

Eigen::VectorXd readFlat(const json& value, const std::string& place, const Question& question) {
  const Model model = readModel(value, place);
  for (const auto& [name, tensor] : model) {
    if (!question.knows(name))
      fail("{}.{}: neither base nor experts have such a tensor", place, name);
    const auto* merged = question.find(name);
    if (merged && merged->shape != tensor.shape)
      fail("{}.{}: expected shape {} as the merged tensor, found {}", place, name,
           shapeText(merged->shape), shapeText(tensor.shape));
  }
  Eigen::VectorXd flat(question.base.size());
  for (const auto& merged : question.places) {
    const auto found = model.find(merged.name);
    if (found == model.end()) fail("{}.{}: is required and missing", place, merged.name);
    auto part = flat.segment(merged.begin, merged.size);
    const auto& tensor = found->second;
    for (Eigen::Index i = 0; i < merged.size; ++i)
      part[i] = tensor.isInteger ? static_cast<double>(tensor.integers[static_cast<size_t>(i)])
                                 : tensor.numbers[i];
  }
  return flat;
}

json flatToJson(const Eigen::VectorXd& flat, const Question& question, bool asIntegers) {
  auto out = json::object();
  for (const auto& place : question.places) {
    Tensor tensor{place.shape, asIntegers, flat.segment(place.begin, place.size), {}};
    if (asIntegers)
      for (const double number : tensor.numbers)
        tensor.integers.push_back(static_cast<std::int64_t>(number));
    out[place.name] = toJson(tensor);
  }
  return out;
}

RowMatrix matrixAt(const Eigen::VectorXd& flat, const Place& place) {
  const Eigen::Index rows = place.shape[0];
  const Eigen::Index columns = rows > 0 ? place.size / rows : 0;
  return Eigen::Map<const RowMatrix>(flat.data() + place.begin, rows, columns);
}

void setMatrixAt(Eigen::VectorXd& flat, const Place& place, const RowMatrix& matrix) {
  flat.segment(place.begin, place.size) =
      Eigen::Map<const Eigen::VectorXd>(matrix.data(), matrix.size());
}

}  // namespace eq::merge
