#include <cmath>
#include <limits>
#include <map>

#include <fmt/format.h>

#include "core/base/error.h"
#include "core/run/database.h"
#include "core/run/exchange/import_files.h"
#include "core/train/series_name.h"

namespace eq::run {
namespace {

using nlohmann::json;

constexpr std::int64_t kOptunaSchema = 12;  // of Optuna 3 to 5

/// One file of studies.
class OptunaReader {
 public:
  explicit OptunaReader(const std::filesystem::path& file)
      : file_(file), database_(file, Database::Mode::read) {
    database_.requirePlainTables();
    requireSchema();
  }

  std::vector<ImportedRun> read() {
    readTrials();
    readParameters();
    readIntermediate();
    readFinal();
    std::vector<ImportedRun> runs;
    std::vector<std::string> without;
    for (auto& [id, run] : trials_)
      if (run.scalars.empty())
        without.push_back(run.name);
      else
        runs.push_back(std::move(run));
    if (runs.empty()) fail("{}: no trial of its {} has a value", file_.string(), trials_.size());
    if (!without.empty())  // a remark on the file stands in one of its runs
      runs.front().remarks.push_back(fmt::format(
          "of this file these are left out, as they have no value: {}", fmt::join(without, ", ")));
    return runs;
  }

 private:
  void requireSchema() {
    if (!database_.hasTable("version_info") || !database_.hasTable("trials"))
      fail("{}: is a SQLite file, and none of Optuna's: it has no table version_info or trials",
           file_.string());
    auto row = database_.prepare("SELECT schema_version FROM version_info");
    const auto version = row.start().next() ? row.integer(0) : -1;
    if (version != kOptunaSchema)
      fail("{}: has Optuna's schema {}, expected {}; upgrade it with `optuna storage upgrade`",
           file_.string(), version, kOptunaSchema);
  }

  void readTrials() {
    auto rows = database_.prepare(
        "SELECT t.trial_id, t.number, t.state, s.study_name, s.study_id "
        "FROM trials t JOIN studies s ON s.study_id = t.study_id");
    for (rows.start(); rows.next();) {
      auto& run = trials_[rows.integer(0)];
      run.name = fmt::format("{} trial {}", rows.text(3), rows.integer(1));
      run.source = "Optuna";
      run.place = file_;
      const auto state = rows.text(2);
      run.state = state == "FAIL"       ? RunState::failed
                  : state == "COMPLETE" ? RunState::finished
                                        : RunState::stopped;
      if (state != "COMPLETE") run.remarks.push_back("Optuna says of the trial: " + state);
      if (const auto directions = directionsOf(rows.integer(4)); !directions.empty())
        run.remarks.push_back(fmt::format(
            "the study {} (its objectives in order); tables here do not say which value is better",
            fmt::join(directions, ", ")));
    }
  }

  /// "MAXIMIZES", one an objective.
  std::vector<std::string> directionsOf(std::int64_t study) {
    auto rows = database_.prepare(
        "SELECT direction FROM study_directions WHERE study_id = ? ORDER BY objective");
    std::vector<std::string> directions;
    for (rows.start(study); rows.next();) directions.push_back(rows.text(0) + "S");
    return directions;
  }

  void readParameters() {
    auto rows = database_.prepare(
        "SELECT trial_id, param_name, param_value, distribution_json FROM trial_params");
    for (rows.start(); rows.next();)
      if (const auto found = trials_.find(rows.integer(0)); found != trials_.end())
        found->second.fields[rows.text(1)] = valueOf(rows.number(2), rows.text(3));
  }

  /// Of a choice, what the number stands for; whole numbers of whole numbers.
  static json valueOf(double value, const std::string& distribution) {
    const auto said = json::parse(distribution, nullptr, false);
    if (!said.is_object() || !said.contains("name") || !said["name"].is_string()) return value;
    const auto name = said["name"].get<std::string>();
    const bool whole = value == std::floor(value) && std::abs(value) < 9e15;
    if (name == "IntDistribution" && whole) return static_cast<std::int64_t>(value);
    if (name != "CategoricalDistribution") return value;
    const auto pointer = json::json_pointer("/attributes/choices");
    if (!said.contains(pointer) || !said.at(pointer).is_array()) return value;
    const auto& choices = said.at(pointer);
    if (!whole || value < 0 || value >= static_cast<double>(choices.size())) return value;
    return choices[static_cast<std::size_t>(value)];
  }

  static double numberOf(double value, const std::string& type) {
    if (type == "INF_POS") return std::numeric_limits<double>::infinity();
    if (type == "INF_NEG") return -std::numeric_limits<double>::infinity();
    return type == "NAN" ? std::numeric_limits<double>::quiet_NaN() : value;
  }

  void readIntermediate() {
    auto rows = database_.prepare(
        "SELECT trial_id, step, intermediate_value, intermediate_value_type "
        "FROM trial_intermediate_values ORDER BY trial_id, step");
    const auto tag = train::seriesName({"validation", "objective", "value"});
    for (rows.start(); rows.next();)
      if (const auto found = trials_.find(rows.integer(0)); found != trials_.end()) {
        const auto value = numberOf(rows.number(2), rows.text(3));
        found->second.scalars.push_back({0, rows.integer(1), tag, value});
      }
  }

  /// Where the last intermediate value stands; at 0 without any.
  void readFinal() {
    auto rows = database_.prepare(
        "SELECT trial_id, objective, value, value_type FROM trial_values "
        "ORDER BY trial_id, objective");
    for (rows.start(); rows.next();) {
      const auto found = trials_.find(rows.integer(0));
      if (found == trials_.end()) continue;
      auto& scalars = found->second.scalars;
      const auto step = scalars.empty() ? 0 : scalars.back().step;
      const auto objective = rows.integer(1);
      const auto task = objective == 0 ? "objective" : fmt::format("objective {}", objective);
      scalars.push_back({0, step, train::seriesName({"test", task, "value"}),
                         numberOf(rows.number(2), rows.text(3))});
    }
  }

  std::filesystem::path file_;
  Database database_;
  std::map<std::int64_t, ImportedRun> trials_;
};

}  // namespace

std::vector<ImportedRun> importOptuna(const std::filesystem::path& file) {
  return OptunaReader(file).read();
}

}  // namespace eq::run
