#include "core/train/predictions/prediction_words.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/ranges.h>

#include "core/base/error.h"
#include "core/base/number_text.h"

namespace eq::train {
namespace {

constexpr int kDigits = 4;
constexpr size_t kMostNumbers = 12;  // in a text; the rest is counted

std::int64_t classesOf(const TaskInfo& task) {
  return task.kind == TaskKind::binary ? 2 : task.width;
}

std::string withUnit(const std::string& number, const std::string& unit) {
  return unit.empty() ? number : number + " " + unit;
}

std::string numbersText(const std::vector<double>& values, const std::string& unit) {
  std::vector<std::string> texts;
  for (size_t i = 0; i < std::min(values.size(), kMostNumbers); ++i)
    texts.push_back(numberText(values[i], kDigits));
  auto text = fmt::format("{}", fmt::join(texts, ", "));
  if (values.size() > kMostNumbers)
    text += fmt::format(" and {} more", values.size() - kMostNumbers);
  return withUnit(text, unit);
}

std::string mapText(const TaskInfo& task) {
  return fmt::format("map {} x {}", task.imageShape[0], task.imageShape[1]);
}

/// "a, c" of the labels that are on.
std::string labelsText(const TaskInfo& task, const std::vector<double>& values, double from) {
  std::vector<std::string> on;
  for (size_t i = 0; i < values.size(); ++i)
    if (values[i] >= from) on.push_back(classText(task, static_cast<std::int64_t>(i)));
  return on.empty() ? "no label" : fmt::format("{}", fmt::join(on, ", "));
}

bool allMissing(const std::vector<double>& values) {
  return std::all_of(values.begin(), values.end(), [](double value) { return std::isnan(value); });
}

std::string intervalText(const PredictionRow& row) {
  if (row.example.low.size() != 1) return {};
  return fmt::format(" ({} to {})", numberText(row.example.low[0], kDigits),
                     numberText(row.example.high[0], kDigits));
}

nlohmann::json numbersAsJson(const std::vector<double>& values) {
  auto list = nlohmann::json::array();
  for (const double value : values)
    list.push_back(std::isfinite(value) ? nlohmann::json(value) : nlohmann::json());
  return list;
}

nlohmann::json orNull(double value) {
  return std::isfinite(value) ? nlohmann::json(value) : nlohmann::json();
}

nlohmann::json rowAsJson(const PredictionPage& page, const PredictionRow& row) {
  const auto right = isRight(page, row);
  const auto confidence = confidenceOf(page, row);
  nlohmann::json found{{"example", row.example.index},
                       {"error", row.counted ? orNull(row.error) : nlohmann::json()},
                       {"error_text", row.counted ? numberText(row.error) : "no target"},
                       {"finite", row.finite},
                       {"right", right ? nlohmann::json(*right) : nlohmann::json()},
                       {"input", numbersAsJson(row.example.input)},
                       {"target", numbersAsJson(row.example.target)},
                       {"output", numbersAsJson(row.example.output)},
                       {"target_text", targetText(page, row)},
                       {"prediction_text", outputText(page, row)}};
  if (confidence) found["confidence"] = orNull(*confidence);
  if (row.targetClass >= 0) found["target_class"] = row.targetClass;
  if (row.predictedClass >= 0) found["predicted_class"] = row.predictedClass;
  if (!row.example.low.empty()) {
    found["low"] = numbersAsJson(row.example.low);
    found["high"] = numbersAsJson(row.example.high);
  }
  return found;
}

/// Groups of further columns of a table.
struct NumberColumns {
  std::string name;
  const std::vector<double> PredictedExample::*values;
};

std::vector<NumberColumns> numberColumns(const PredictionPage& page) {
  if (isOfMaps(page.info) || page.rows.empty() || page.info.width > 200) return {};
  if (page.info.kind != TaskKind::regression) return {{"probability", &PredictedExample::output}};
  return {{"target", &PredictedExample::target},
          {"prediction", &PredictedExample::output},
          {"low", &PredictedExample::low},
          {"high", &PredictedExample::high}};
}

std::string columnName(const PredictionPage& page, const NumberColumns& group, size_t i) {
  if (page.info.kind == TaskKind::binary) return "probability of " + classText(page.info, 1);
  if (page.info.kind != TaskKind::regression)
    return "probability of " + classText(page.info, static_cast<std::int64_t>(i));
  return page.info.width == 1 ? group.name : fmt::format("{} {}", group.name, i);
}

}  // namespace

std::string classText(const TaskInfo& task, std::int64_t number) {
  if (number >= 0 && static_cast<size_t>(number) < task.classNames.size())
    return task.classNames[static_cast<size_t>(number)];
  if (task.kind == TaskKind::binary) return number == 1 ? "yes" : "no";
  return fmt::format("{}", number);
}

std::int64_t classFromText(const TaskInfo& task, const std::string& text) {
  const auto classes = classesOf(task);
  if (!hasClasses(task.kind))
    fail("the task {} is {} and has no classes, found \"{}\"", task.name, toText(task.kind), text);
  for (std::int64_t one = 0; one < classes; ++one)
    if (classText(task, one) == text) return one;
  std::int64_t number = -1;
  const auto* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (read.ec == std::errc() && read.ptr == end && number >= 0 && number < classes) return number;
  fail("the task {} has no class \"{}\"; name one of {}, or its number from 0 to {}", task.name,
       text, classText(task, 0) + " ... " + classText(task, classes - 1), classes - 1);
}

bool isOfMaps(const TaskInfo& task) {
  if (task.imageShape.size() != 2) return false;
  return task.kind == TaskKind::segmentation || task.kind == TaskKind::regression;
}

std::string targetText(const PredictionPage& page, const PredictionRow& row) {
  const auto& target = row.example.target;
  if (!row.counted || allMissing(target)) return "none";
  if (isOfMaps(page.info)) return mapText(page.info);
  if (hasClasses(page.info.kind)) return classText(page.info, row.targetClass);
  if (page.info.kind == TaskKind::multilabel) return labelsText(page.info, target, 1);
  return numbersText(target, page.info.unit);
}

std::string outputText(const PredictionPage& page, const PredictionRow& row) {
  if (!page.decoded) return row.finite ? "-" : "not finite";
  if (isOfMaps(page.info)) return mapText(page.info) + (row.finite ? "" : ", not finite");
  if (!row.finite && page.info.kind != TaskKind::regression) return "not finite";
  const auto& output = row.example.output;
  if (hasClasses(page.info.kind)) return classText(page.info, row.predictedClass);
  // Metrics decide by logits above 0.
  if (page.info.kind == TaskKind::multilabel)
    return labelsText(page.info, output, std::nextafter(0.5, 1.0));
  return numbersText(output, page.info.unit) + intervalText(row);
}

std::string inputText(const PredictionPage& page, const PredictionRow& row) {
  const auto& input = row.example.input;
  if (page.inputShape.size() == 3)
    return fmt::format("image {} x {}", page.inputShape[1], page.inputShape[2]);
  if (page.inputs.size() != input.size() || page.inputShape.size() != 1)
    return numbersText(input, {});
  std::vector<std::string> parts;
  for (size_t i = 0; i < input.size(); ++i)
    parts.push_back(page.inputs[i].name + " " + numberText(input[i], kDigits));
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::optional<double> confidenceOf(const PredictionPage& page, const PredictionRow& row) {
  const auto& output = row.example.output;
  if (!page.decoded || !hasClasses(page.info.kind) || output.empty()) return std::nullopt;
  if (!row.finite) return std::numeric_limits<double>::quiet_NaN();
  if (page.info.kind == TaskKind::binary)
    return row.predictedClass == 1 ? output[0] : 1 - output[0];
  return output.at(static_cast<size_t>(row.predictedClass));
}

std::optional<bool> isRight(const PredictionPage& page, const PredictionRow& row) {
  if (!page.decoded || !row.counted || page.info.kind == TaskKind::regression) return std::nullopt;
  return row.finite && row.right == row.decided;
}

std::string measureText(const PredictionPage& page) {
  auto text = page.measure;
  if (page.info.kind == TaskKind::regression && !page.reason.empty() && !page.info.unit.empty())
    text += " in " + page.info.unit;
  return page.reason.empty() ? text : fmt::format("{} ({})", text, page.reason);
}

std::string countsText(const PredictionPage& page) {
  const auto& counts = page.counts;
  auto text = fmt::format("{} example{}", counts.examples, counts.examples == 1 ? "" : "s");
  if (counts.decided > 0) {
    const char* of = page.info.kind == TaskKind::segmentation ? " pixels"
                     : page.info.kind == TaskKind::multilabel ? " labels"
                                                              : "";
    const auto share = static_cast<double>(counts.right) / static_cast<double>(counts.decided);
    text += fmt::format(", {} of {}{} right ({} %)", counts.right, counts.decided, of,
                        numberText(100 * share, kDigits));
  }
  if (counts.nonfinite > 0)
    text += fmt::format(", {} predicted as no finite number", counts.nonfinite);
  if (counts.withoutTarget > 0) text += fmt::format(", {} without a target", counts.withoutTarget);
  return text;
}

TextTable tableOf(const PredictionPage& page) {
  TextTable table;
  const auto groups = numberColumns(page);
  const bool numbers = page.info.kind == TaskKind::regression && !groups.empty();
  table.columns = {{"example", true}};
  for (const char* name : {"target", "prediction"})
    if (!numbers) table.columns.push_back({name, false});
  table.columns.push_back({"confidence", true});
  table.columns.push_back({page.measure, true});
  table.columns.push_back({"right", false});
  for (const auto& group : groups)
    for (size_t i = 0; i < (page.rows[0].example.*group.values).size(); ++i)
      table.columns.push_back({columnName(page, group, i), true});
  for (const auto& row : page.rows) {
    std::vector<TextTable::Cell> cells{countCell(row.example.index)};
    if (!numbers) {
      cells.push_back({targetText(page, row), std::nullopt});
      cells.push_back({outputText(page, row), std::nullopt});
    }
    const auto right = isRight(page, row);
    cells.push_back(numberCell(confidenceOf(page, row)));
    cells.push_back(row.counted ? numberCell(row.error) : numberCell(std::nullopt));
    cells.push_back({!right ? "" : *right ? "yes" : "no", std::nullopt});
    for (const auto& group : groups)
      for (const double value : row.example.*group.values) cells.push_back(numberCell(value));
    table.rows.push_back(std::move(cells));
  }
  return table;
}

nlohmann::json toJson(const PredictionPage& page) {
  const auto& counts = page.counts;
  nlohmann::json found{{"step", page.step},
                       {"task", page.info.name},
                       {"kind", std::string(toText(page.info.kind))},
                       {"split", toText(page.request.split)},
                       {"measure", page.measure},
                       {"examples", counts.examples},
                       {"without_target", counts.withoutTarget},
                       {"nonfinite", counts.nonfinite},
                       {"decided", counts.decided},
                       {"right", counts.right},
                       {"accuracy", orNull(counts.accuracy)},
                       {"matching", page.matching},
                       {"from", page.request.first},
                       {"input_shape", page.inputShape},
                       {"rows", nlohmann::json::array()}};
  if (!page.reason.empty()) found["reason"] = page.reason;
  if (!page.interval.empty()) found["interval"] = page.interval;
  if (!page.info.unit.empty()) found["unit"] = page.info.unit;
  if (!page.info.classNames.empty()) found["classes"] = page.info.classNames;
  if (!page.info.imageShape.empty()) found["map_shape"] = page.info.imageShape;
  auto names = nlohmann::json::array();
  for (const auto& input : page.inputs) names.push_back(input.name);
  found["inputs"] = names;
  for (const auto& row : page.rows) found["rows"].push_back(rowAsJson(page, row));
  return found;
}

}  // namespace eq::train
