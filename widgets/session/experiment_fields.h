#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <QString>
#include <QStringList>

#include "core/train/experiment.h"

namespace eq::widgets {

/// In what experiments differ: their fields by path ("/tasks/0/loss/id"), but names and
/// descriptions.
class ExperimentFields {
 public:
  explicit ExperimentFields(const std::vector<const train::Experiment*>& experiments);
  /// \param fields an object an experiment, values by path.
  explicit ExperimentFields(std::vector<nlohmann::json> fields);
  /// Those of an experiment as its file has them.
  static nlohmann::json fieldsOf(nlohmann::json experiment);

  /// Sorted.
  const std::vector<std::string>& differing() const { return differing_; }
  /// Null where the experiment has no such field.
  nlohmann::json value(std::size_t experiment, const std::string& path) const;
  /// "focal, seed 3": what tells each from the others, in the first fields that do; two are alike
  /// where no field differs.
  QStringList telling() const;

 private:
  std::vector<nlohmann::json> fields_;
  std::vector<std::string> differing_;
};

/// "tasks[0].loss.id", as `--set` takes it.
QString fieldTitle(const std::string& path);
/// "seed 3", "focal": short. \param path of either form.
QString fieldText(const std::string& path, const nlohmann::json& value);

}  // namespace eq::widgets
