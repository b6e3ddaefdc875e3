#pragma once

#include <nlohmann/json.hpp>

#include <QWidget>

#include "core/data/table_guesses.h"

class QCheckBox;
class QHBoxLayout;
class QLineEdit;

namespace eq::widgets {

class ChoiceBox;

/// How a table's file is read: separator, marks in numbers, header, texts that stand for no value.
/// What is left to the reader shows what it found.
class TableReadingBar : public QWidget {
  Q_OBJECT

 public:
  explicit TableReadingBar(QWidget* parent = nullptr);

  /// Shows keys that were chosen before.
  void setKeys(const nlohmann::json& keys);
  /// The keys of the dataset, without those left to the reader.
  nlohmann::json keys() const;
  void showFound(const data::TableGuesses& guesses);
  /// Frames the field that the reader's message names.
  void showProblem(const std::string& message);

 signals:
  void edited();

 private:
  ChoiceBox* addChoice(const QString& label, const char* key,
                       const std::vector<std::pair<QString, const char*>>& choices);

  std::vector<std::pair<const char*, ChoiceBox*>> boxes_;  ///< by their keys
  QHBoxLayout* marks_;
  QCheckBox* header_;
  QLineEdit* missing_;
  bool usualMissing_ = true;  ///< whether the usual spellings stand for no value too
};

}  // namespace eq::widgets
