#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/data/table_preview.h"
#include "core/train/experiment.h"

namespace eq::widgets {

/// What a column of a table is for.
enum class ColumnUse { input, asClass, asBinary, asOrdinal, asNumber, field, leftOut };

bool isPredicted(ColumnUse use);

/// What was chosen for a column.
struct ColumnChoice {
  ColumnUse use = ColumnUse::input;
  std::string kind = {};   ///< of `data.columns`; empty: as found
  std::string field = {};  ///< with use field: "weight" of the target "price"
  std::string target = {};
  std::vector<std::string> order = {};  ///< of an ordinal target; empty: not chosen
  std::string unit = {};                ///< of a number to be predicted

  bool operator==(const ColumnChoice&) const = default;
};

/// What was chosen of a table, kept by the names of its columns whatever becomes of reading it, and
/// the experiment that it makes.
class TableDraft {
 public:
  explicit TableDraft(std::filesystem::path file) : file_(std::move(file)) {}

  const std::filesystem::path& file() const { return file_; }

  /// Keys of the dataset that say how the file is read, without its columns.
  nlohmann::json reading = nlohmann::json::object();
  double validation = 0.15, test = 0.15;
  bool standardize = true;
  std::string split = "random";  ///< as the keys of the dataset call it
  std::string splitColumn;       ///< empty for random

  /// Takes what the keys of a dataset say; keys that say nothing of its columns stay as they are.
  /// \pre they are right. \throws Error naming what cannot be chosen here, such as a field of two
  /// columns.
  void take(const nlohmann::json& keys);
  /// Takes the column that data::chooseTarget finds as the one to be predicted, while nobody says
  /// otherwise.
  void suggest(const data::TableGuesses& guesses);
  /// As chosen, else as suggested; what tells nothing is left out.
  ColumnChoice choice(const data::TableGuesses& guesses, std::size_t column) const;
  void choose(const std::string& column, const ColumnChoice& choice) { chosen_[column] = choice; }
  /// What the column is read as: the kind that was chosen, or that its use needs, or as found.
  std::string kind(const data::TableGuesses& guesses, std::size_t column) const;

  /// With the role of each column, as the reader will know them.
  data::TableGuesses withRoles(data::TableGuesses guesses) const;

  /// To read the file with, the kinds that were chosen included.
  nlohmann::json readingKeys() const;
  /// The keys of the dataset.
  nlohmann::json data(const data::TablePreview& preview) const;
  /// Why it is no experiment yet; empty: it is one.
  std::string problem(const data::TableGuesses& guesses) const;

 private:
  void takeTarget(const nlohmann::json& target, const std::string& place);
  bool dividesOnly(const std::string& column) const;
  nlohmann::json targetOf(const data::TablePreview& preview, std::size_t column) const;

  std::filesystem::path file_;
  nlohmann::json given_ = nlohmann::json::object();  ///< keys that were taken
  std::vector<std::string> onlyInputs_;  ///< of them, where they name any; others are left out
  std::map<std::string, std::string> taskNames_;  ///< of them, by the predicted column
  std::map<std::string, ColumnChoice> chosen_;
  std::string suggested_;  ///< a column; empty: none can be predicted
  ColumnUse suggestedUse_ = ColumnUse::asClass;
};

/// The categories of a column as they are ordered: those that were chosen, then the others that it
/// holds.
std::vector<std::string> orderOf(const data::TablePreview& preview, std::size_t column,
                                 const std::vector<std::string>& chosen);

/// What losses of such a target read further from one column: "weight", "group" ...
std::vector<std::string> columnFieldsFor(ColumnUse use);

}  // namespace eq::widgets
