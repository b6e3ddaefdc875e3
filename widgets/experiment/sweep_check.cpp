#include "widgets/experiment/sweep_check.h"

#include <algorithm>

#include <QStringList>

#include "core/base/error.h"
#include "core/study/sweep/linear.h"
#include "core/study/sweep/new_sweep.h"
#include "core/train/settings.h"

namespace eq::widgets {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr std::size_t kMostChecked = 200;  // combinations
constexpr auto kSweepPlace = "sweep";      // of messages

bool needsTasks(const ordered_json& sweep) {
  if (sweep.value("method", "grid") == "linear") return true;
  const auto fields = sweep.value("fields", ordered_json::object());
  return std::any_of(fields.items().begin(), fields.items().end(),
                     [](const auto& field) { return field.key().starts_with("tasks["); });
}

std::string withoutPrefix(const std::string& message) {
  const std::string prefix = std::string(kSweepPlace) + ": ";
  return message.starts_with(prefix) ? message.substr(prefix.size()) : message;
}

/// Parts at commas outside brackets and quotes.
QStringList partedAtCommas(const QString& text) {
  QStringList parts{QString()};
  int depth = 0;
  bool quoted = false;
  for (const QChar c : text) {
    if (c == '"') quoted = !quoted;
    if (!quoted && (c == '[' || c == '{')) ++depth;
    if (!quoted && (c == ']' || c == '}')) --depth;
    if (c == ',' && depth == 0 && !quoted)
      parts << QString();
    else
      parts.last() += c;
  }
  return parts;
}

}  // namespace

SweepCheck checkSweep(const train::Experiment& experiment, const ordered_json& sweep) {
  SweepCheck check;
  try {
    const bool reads = experiment.tasks.empty() && needsTasks(sweep);
    const auto whole = reads ? train::withTasks(experiment) : experiment;
    const auto file =
        study::parseSweepFile(study::sweepText(whole, sweep), kSweepPlace, experiment.folder);
    const auto runs = study::runsOf(file, study::unitScale);
    check.runs = std::ssize(runs);
    const study::SweepRun* last = nullptr;
    for (const auto& run : runs) {
      if (last && last->fields == run.fields && last->weights == run.weights) continue;
      last = &run;
      if (++check.combinations <= static_cast<std::int64_t>(kMostChecked))
        study::experimentOf(file, file.base, run);
    }
  } catch (const std::exception& error) {
    check.problem = withoutPrefix(error.what());
  }
  return check;
}

std::vector<json> sweepValuesFrom(const QString& text) {
  std::vector<json> values;
  for (const auto& part : partedAtCommas(text)) {
    const auto word = part.trimmed().toStdString();
    if (word.empty()) continue;
    auto value = json::parse(word, nullptr, false);
    values.push_back(value.is_discarded() ? json(word) : std::move(value));
  }
  return values;
}

QString sweepValuesText(const std::vector<json>& values) {
  QStringList parts;
  for (const auto& value : values) {
    const auto bare =
        value.is_string() ? QString::fromStdString(value.get<std::string>()) : QString();
    const bool plain = value.is_string() && sweepValuesFrom(bare) == std::vector<json>{value};
    parts << (plain ? bare : QString::fromStdString(value.dump()));
  }
  return parts.join(", ");
}

json seedsFrom(const QString& text) {
  auto bare = text.trimmed();
  const bool list = bare.startsWith('[') && bare.endsWith(']');
  if (list) bare = bare.mid(1, bare.size() - 2);
  auto values = sweepValuesFrom(bare);
  if (values.empty()) return nullptr;
  return values.size() == 1 && !list ? values.front() : json(values);
}

QString seedsText(const json& seeds) {
  if (seeds.is_null()) return {};
  if (!seeds.is_array()) return QString::fromStdString(seeds.dump());
  const auto text = sweepValuesText(seeds.get<std::vector<json>>());
  return seeds.size() == 1 ? '[' + text + ']' : text;
}

}  // namespace eq::widgets
