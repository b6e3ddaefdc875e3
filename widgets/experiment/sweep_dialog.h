#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include <QDialog>

#include "core/train/field_choices.h"
#include "widgets/experiment/sweep_check.h"

class QCheckBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QTimer;
class QVBoxLayout;

namespace eq::widgets {

class ChoiceBox;
class IntegerBox;
class LatestWork;
class ParameterForm;
class ProblemLabel;
class SweepFieldRow;

/// A sweep that a person wants.
struct SweepRequest {
  train::Experiment experiment;
  nlohmann::ordered_json sweep;  ///< the key of the file
  QString name;
  std::int64_t workers = 1;
  std::int64_t threads = 1;  ///< of each run
  bool waits = false;        ///< while the window is closed
  std::string single = {};   ///< folder of the single-task runs; empty: none
};

/// Makes a sweep of an experiment: which fields, which values, which seeds, in which order. How
/// many runs that makes, and what is wrong with it, is said as it is typed. Does not block, and
/// stays open until somebody says how the start went.
class SweepDialog : public QDialog {
  Q_OBJECT

 public:
  /// \param sweep the key of a file to begin with, which is a sweep's; null: none.
  explicit SweepDialog(const train::Experiment& experiment, QWidget* parent = nullptr,
                       const nlohmann::ordered_json& sweep = nullptr);
  ~SweepDialog() override;

  /// The experiment with the rules by which its runs stop early.
  train::Experiment stopping() const;
  /// The key "sweep" as the fields stand.
  nlohmann::ordered_json sweep() const;
  /// Of what stands there now; none while it is looked at.
  const std::optional<SweepCheck>& checked() const { return check_; }
  /// It was asked for and could not be begun: all stays as it was typed.
  void refuse(const QString& reason);

 signals:
  /// Answer with accept() or refuse().
  void startRequested(const eq::widgets::SweepRequest& request);

 private:
  QWidget* makeHead();
  QWidget* makePresets();
  QWidget* makeRunning();
  QWidget* makeStops();
  QWidget* makeFoot();
  void load(const nlohmann::ordered_json& sweep);
  SweepFieldRow* addField();
  void removeField(SweepFieldRow* row);
  void offerPreferences();
  void offerStaticWeights();
  void showMethod();
  void changed();
  void check();
  void take(const SweepCheck& check);
  void showState();
  QString settle();
  void start();
  std::string method() const;

  train::Experiment experiment_;
  std::vector<train::FieldChoice> choices_;
  LatestWork* work_;
  QTimer* delay_;  ///< after a key
  std::optional<SweepCheck> check_;
  bool starting_ = false;

  QLineEdit* name_;
  ChoiceBox* method_;
  QVBoxLayout* forms_;
  std::vector<ParameterForm*> parameters_;  ///< one a method: what was typed stays
  ParameterForm* metric_;
  QLineEdit* single_;
  QWidget* singleRow_;
  QVBoxLayout* rowsLayout_;
  std::vector<SweepFieldRow*> rows_;
  /// Weights of a file, which no field shows: they stay with their method.
  nlohmann::json weights_ = nullptr;
  nlohmann::json dominance_ = nullptr;  ///< of a file: by what, from where on, in which waves
  QLineEdit* seeds_;
  IntegerBox* workers_;
  IntegerBox* threads_;
  QCheckBox *notFinite_, *noBetter_, *dominated_;  ///< stop runs early
  IntegerBox* patience_;
  QCheckBox* goesOn_;
  QLabel* count_;
  ProblemLabel* problem_;
  QPushButton* start_;
};

}  // namespace eq::widgets
