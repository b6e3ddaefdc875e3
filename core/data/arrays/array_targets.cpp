#include "core/data/arrays/array_targets.h"

#include <algorithm>
#include <cmath>

#include <ATen/ops/empty.h>
#include <ATen/ops/ones.h>
#include <fmt/ranges.h>

#include "core/base/error.h"
#include "core/data/arrays/array_fields.h"
#include "core/data/arrays/array_kinds.h"
#include "core/data/arrays/array_survey.h"
#include "core/data/arrays/class_codes.h"
#include "core/data/number_resolution.h"

namespace eq::data {
namespace {

constexpr std::int64_t kNoClass = -100;
constexpr size_t kMostClasses = 65536;
constexpr size_t kNamed = 10;  ///< classes that a message names

class TargetEncoder {
 public:
  TargetEncoder(const ExampleArray& array, const ArrayTargetSpec& spec, const RowPlaces& rows,
                const std::string& path, RowHashes& hashes, std::vector<Warning>& warnings)
      : array_(array),
        spec_(spec),
        rows_(rows),
        width_(array.width()),
        path_(path),
        hashes_(hashes),
        warnings_(warnings) {}

  ArrayTarget encode(bool standardize) {
    target_.info.name = spec_.name;
    target_.info.unit = spec_.unit;
    missing_ = spec_.missing.value_or(std::vector<double>{});
    target_.info.kind = kind();
    if (target_.info.kind != TaskKind::regression && !spec_.missing)
      missing_ = {static_cast<double>(kNoClass)};
    requireShape();
    if (target_.info.kind == TaskKind::regression)
      encodeNumbers(standardize);
    else if (target_.info.kind == TaskKind::multilabel)
      encodeLabels();
    else
      encodeClasses();
    noteMissing();
    return std::move(target_);
  }

 private:
  TaskKind kind() {
    if (spec_.kind) return *spec_.kind;
    const auto maybe = spec_.missing.value_or(std::vector<double>{kNoClass});
    auto guess = guessKind(array_, maybe);
    if (!spec_.classes.empty() && guess.kind == TaskKind::regression)
      fail("{}.classes: {} is taken for numbers ({}), which have no classes; say the kind", path_,
           array_.text(), guess.why);
    warn(placeOfArray(),
         fmt::format("taken as \"kind\": \"{}\" ({}: {}); data.targets can say "
                     "another",
                     kindName(guess.kind), array_.pieces[0].array.text(), guess.why));
    return guess.kind;
  }

  const std::string& placeOfArray() const { return array_.pieces[0].array.stretch.name; }
  void warn(const std::string& place, const std::string& text) {
    warnings_.push_back({place, fmt::format("array \"{}\": {}", array_.name, text)});
  }

  void requireShape() {
    auto& info = target_.info;
    const auto kind = info.kind;
    const auto size = array_.shape().size();
    const char* expected = kind == TaskKind::segmentation && mapShape(array_).empty()
                               ? "[N, height, width]"
                           : kind == TaskKind::multilabel && (size != 1 || width_ < 2)
                               ? "[N, labels] with at least 2 labels"
                           : hasClasses(kind) && width_ != 1 ? "[N]"
                                                             : nullptr;
    if (expected)
      fail("{}: {} is {}; kind {} needs {}", path_, placeOfArray(), array_.text(), kindName(kind),
           expected);
    if (kind == TaskKind::segmentation || kind == TaskKind::regression)
      info.imageShape = mapShape(array_);
    info.width = width_;
  }

  /// [N] or [N, width] of numbers.
  at::Tensor emptyNumbers() const {
    if (width_ == 1) return at::empty({rows_.size()}, at::kFloat);
    return at::empty({rows_.size(), width_}, at::kFloat);
  }

  std::int64_t indexOf(std::int64_t row, std::int64_t entry) const {
    return rows_.of(row) * width_ + entry;
  }

  /// Whether the number is missing, which is then counted.
  bool isMissing(std::int64_t row, std::int64_t entry, double number) {
    if (!isMissingNumber(number, missing_)) {
      known_ = known_ || rows_.trains(row);
      return false;
    }
    if (missingCount_++ == 0) firstMissing_ = array_.place(row, entry);
    return true;
  }

  /// The same of a number, which is then 0 and masked.
  bool isMasked(std::int64_t row, std::int64_t entry, double number) {
    if (!isMissing(row, entry, number)) return false;
    if (!target_.mask.defined()) target_.mask = at::ones(target_.values.sizes(), at::kFloat);
    target_.mask.mutable_data_ptr<float>()[indexOf(row, entry)] = 0;
    target_.values.mutable_data_ptr<float>()[indexOf(row, entry)] = 0;
    return true;
  }

  void encodeNumbers(bool standardize) {
    const auto survey = surveyArray(array_, rows_, true, missing_, hashes_);
    auto& info = target_.info;
    if (standardize)
      info.offset = survey.moments[0].mean, info.scale = survey.moments[0].deviation;
    else
      requireResolution(survey.moments[0]);
    target_.values = emptyNumbers();
    float* out = target_.values.mutable_data_ptr<float>();
    forEachNumber(array_, [&](std::int64_t row, std::int64_t entry, double number) {
      if (isMasked(row, entry, number)) return;
      const auto value = static_cast<float>((number - info.offset) / info.scale);
      if (!std::isfinite(value))
        fail(
            "{}: {} does not fit into the 32 bits that a network trains on; set "
            "data.standardize_targets to true",
            array_.place(row, entry), number);
      out[indexOf(row, entry)] = value;
    });
  }

  /// 1699999951.1 and 1700000073.8 are one number in 32 bits.
  void requireResolution(const Moments& stats) {
    constexpr double kFar = 100;  // standard deviations: trains badly, if at all
    const auto where =
        fmt::format("mean {:.10g}, standard deviation {:.4g}", stats.mean, stats.deviation);
    if (width_ == 1 && !array_.exactIn32Bits()) {
      auto numbers = numbersOf(array_);
      for (double& number : numbers)
        if (isMissingNumber(number, missing_)) number = std::nan("");
      const auto kept = keptIn32Bits(numbers);
      if (kept.tooFew())
        fail(
            "{}: {}: its {} different values are {} as numbers of 32 bits, which a network trains "
            "on ({}); set data.standardize_targets to true",
            path_, placeOfArray(), kept.distinct, kept.left, where);
    }
    if (stats.count > 1 && std::abs(stats.mean) > kFar * stats.deviation)
      warn(placeOfArray(),
           fmt::format("its numbers lie far from 0 beside their spread ({}), which trains badly; "
                       "data.standardize_targets mends it",
                       where));
  }

  void encodeLabels() {
    if (!spec_.classes.empty() && std::ssize(spec_.classes) != width_)
      fail("{}.classes: expected {} names, one a label, found {}", path_, width_,
           spec_.classes.size());
    target_.info.classNames = spec_.classes;
    target_.values = emptyNumbers();
    float* out = target_.values.mutable_data_ptr<float>();
    hashes_.nextArray();
    forEachNumber(array_, [&](std::int64_t row, std::int64_t entry, double number) {
      hashes_.add(row, entry, number);
      if (isMasked(row, entry, number)) return;
      if (number != 0 && number != 1)
        fail("{}: expected 0 or 1 (kind multilabel), found {}", array_.place(row, entry), number);
      out[indexOf(row, entry)] = static_cast<float>(number);
    });
  }

  ClassCodes classCodes() {
    if (!spec_.classes.empty()) return ClassCodes(spec_.classes.size());
    const auto values = differentNumbers(array_, missing_, kMostClasses);
    if (values.size() > kMostClasses)
      fail("{}: {}: more than {} different values; is it a number?", path_, placeOfArray(),
           kMostClasses);
    if (values.size() < 2)
      fail("{}: {}: holds fewer than 2 different values", path_, placeOfArray());
    return ClassCodes(values);
  }

  void encodeClasses() {
    auto codes = classCodes();
    auto& info = target_.info;
    info.classNames = spec_.classes.empty() ? codes.names() : spec_.classes;
    info.width = static_cast<std::int64_t>(codes.size());
    if (info.kind == TaskKind::binary) return encodeTruths(codes);
    target_.values = info.kind == TaskKind::segmentation
                         ? at::empty({rows_.size(), width_}, at::kLong)
                         : at::empty({rows_.size()}, at::kLong);
    auto* out = target_.values.mutable_data_ptr<std::int64_t>();
    eachClass(codes, [&](std::int64_t row, std::int64_t entry, double number) {
      const bool missing = isMissing(row, entry, number);
      return out[indexOf(row, entry)] = missing ? kNoClass : codeOf(codes, row, entry, number);
    });
  }

  /// 0 or 1, of two classes.
  void encodeTruths(ClassCodes& codes) {
    if (codes.size() != 2)
      fail("{}: {}: holds {} different values ({}); binary needs 2", path_, placeOfArray(),
           codes.size(), firstNames());
    target_.info.width = 1;
    target_.values = emptyNumbers();
    float* out = target_.values.mutable_data_ptr<float>();
    eachClass(codes, [&](std::int64_t row, std::int64_t entry, double number) {
      if (isMasked(row, entry, number)) return kNoClass;
      const auto code = codeOf(codes, row, entry, number);
      out[indexOf(row, entry)] = static_cast<float>(code);
      return code;
    });
  }

  /// \param encode writes a number and returns its class.
  template <typename Encode>
  void eachClass(const ClassCodes& codes, Encode encode) {
    std::vector<char> seen(codes.size(), 0);
    hashes_.nextArray();
    forEachNumber(array_, [&](std::int64_t row, std::int64_t entry, double number) {
      hashes_.add(row, entry, number);
      const std::int64_t code = encode(row, entry, number);
      if (code >= 0 && rows_.trains(row)) seen[static_cast<size_t>(code)] = 1;
    });
    noteUnseen(seen);
  }

  std::int64_t codeOf(ClassCodes& codes, std::int64_t row, std::int64_t entry, double number) {
    if (number != std::floor(number) || std::isinf(number))
      fail("{}: a class is a whole number, found {}", array_.place(row, entry), number);
    const auto code = codes.of(number);
    if (code < 0)
      fail(
          "{}: expected a class from 0 to {} ({}.classes), found {}; \"missing\" can name numbers "
          "that are no target",
          array_.place(row, entry), codes.size() - 1, path_, number);
    return code;
  }

  std::string firstNames() const {
    const auto& names = target_.info.classNames;
    const auto last = names.begin() + static_cast<std::ptrdiff_t>(std::min(names.size(), kNamed));
    return fmt::format("{}{}", fmt::join(names.begin(), last, ", "),
                       names.size() > kNamed ? " ..." : "");
  }

  /// Nothing can be learned of them.
  void noteUnseen(const std::vector<char>& seen) {
    std::vector<std::string> names;
    for (size_t k = 0; k < seen.size(); ++k)
      if (!seen[k]) names.push_back(target_.info.classNames[k]);
    if (names.empty()) return;
    const auto count = names.size();
    if (count > kNamed) names.resize(kNamed);
    warn(placeOfArray(),
         fmt::format("without an example in the training part: class{} {}{}",
                     count == 1 ? "" : "es", fmt::join(names, ", "), count > kNamed ? " ..." : ""));
  }

  void noteMissing() {
    if (!known_) fail("{}: {} has no value in the training part", path_, placeOfArray());
    if (missingCount_ > 0)
      warn(firstMissing_,
           fmt::format("{} of {} targets are missing; they do not count for the task",
                       missingCount_, array_.rows() * width_));
  }

  const ExampleArray& array_;
  const ArrayTargetSpec& spec_;
  const RowPlaces& rows_;
  std::int64_t width_;  ///< numbers a row
  const std::string& path_;
  RowHashes& hashes_;
  std::vector<Warning>& warnings_;
  std::vector<double> missing_;
  ArrayTarget target_;
  std::int64_t missingCount_ = 0;
  std::string firstMissing_;
  bool known_ = false;  ///< a training row has a value
};

}  // namespace

ArrayTarget encodeArrayTarget(const ArraySet& arrays, const ArrayTargetSpec& spec, bool standardize,
                              const RowPlaces& rows, const std::string& path, RowHashes& hashes,
                              std::vector<Warning>& warnings) {
  const auto& array = arrays.named(spec.array, path + ".array");
  auto target = TargetEncoder(array, spec, rows, path, hashes, warnings).encode(standardize);
  for (const auto& [name, field] : spec.fields) {
    const auto& found = arrays.named(field, path + ".fields." + name);
    target.fields[name] = encodeArrayField(found, name, rows, hashes);
    target.info.fields.push_back(name);
  }
  return target;
}

}  // namespace eq::data
