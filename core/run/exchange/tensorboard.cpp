#include "core/run/exchange/tensorboard.h"

#include <fmt/format.h>

#include "core/run/atomic_file.h"
#include "core/run/exchange/event_file.h"
#include "core/run/exchange/protobuf.h"
#include "core/run/series_export.h"
#include "core/train/complete_experiment.h"

namespace eq::run {
namespace {

using nlohmann::json;

constexpr const char* kHyperparameters = "_hparams_/session_start_info";

/// A google.protobuf.Value; empty for what it does not hold.
std::string protobufValue(const json& value) {
  ProtobufWriter out;
  if (value.is_boolean())
    out.varint(4, value.get<bool>() ? 1 : 0);
  else if (value.is_number())
    out.number(2, value.get<double>());
  else if (value.is_string())
    out.bytes(3, value.get<std::string>());
  else if (!value.is_null())
    out.bytes(3, value.dump(-1, ' ', false, json::error_handler_t::replace));
  return out.text();
}

/// The event by which TensorBoard's tab HPARAMS knows the fields that the experiment gives.
std::string hyperparameterEvent(const RunReader& run, double created) {
  const auto experiment = run.experiment();
  ProtobufWriter session;
  for (const auto& path : train::writtenPaths({&experiment})) {
    const auto value = protobufValue(train::fieldAt(experiment, path).value_or(nullptr));
    if (value.empty()) continue;
    ProtobufWriter entry;
    entry.bytes(1, path);
    entry.bytes(2, value);
    session.bytes(1, entry.text());
  }
  session.number(5, created);
  ProtobufWriter data, plugin, metadata, one, summary, event;
  data.bytes(3, session.text());
  plugin.bytes(1, "hparams");
  plugin.bytes(2, data.text());
  metadata.bytes(1, plugin.text());
  one.bytes(1, kHyperparameters);
  one.bytes(9, metadata.text());
  summary.bytes(1, one.text());
  event.number(1, created);
  event.bytes(5, summary.text());
  return event.text();
}

/// Everything of a row that is a number, but the clocks that say where it stands.
void addRow(EventFileBytes& file, const json& row, double created) {
  ScalarEvent scalar;
  scalar.step = row.at("step").get<std::int64_t>();
  scalar.wallTime = created + row.at("seconds").get<double>();
  for (const auto& [name, value] : row.items()) {
    if (!value.is_number() || name == "step" || name == "seconds") continue;
    scalar.tag = name;
    scalar.value = value.get<double>();
    file.add(scalar);
  }
}

}  // namespace

std::filesystem::path writeEventFile(const RunReader& run, const std::filesystem::path& folder) {
  const auto info = run.info();
  EventFileBytes file(info.created);
  file.addRecord(hyperparameterEvent(run, info.created));
  const auto tasks = run.tasks();
  run.inOneMoment([&] {
    for (const auto& record : run.steps()) addRow(file, rowOf(record, tasks), info.created);
    for (const auto& record : run.evaluations()) {
      auto row = rowOf(record, tasks);
      row.erase("epoch");  // the step has its own
      addRow(file, row, info.created);
    }
  });
  makeFolders(folder);
  const auto name = fmt::format("events.out.tfevents.{:.0f}.equipoise", info.created);
  writeAtomically(folder / name, file.take());
  return folder / name;
}

}  // namespace eq::run
