#pragma once

#include <optional>
#include <vector>

#include <QWidget>

#include "core/train/front_look.h"
#include "widgets/session/run_data.h"

class QBoxLayout;
class QGridLayout;
class QPushButton;
class QScrollArea;

namespace eq::widgets {

class ElidedLabel;
class ParetoPlot;
class PlotLink;
class PreferenceField;

/// The Pareto picture, and of a run that trains a front the preference whose model is looked at:
/// where it lies, and what each task has there.
class ParetoPage : public QWidget {
  Q_OBJECT

 public:
  ParetoPage(const RunData& data, PlotLink& link, QWidget* parent = nullptr);

  ParetoPlot& plot() const { return *plot_; }
  /// The look that should be had; nothing while the page is not seen, or the run trains no front.
  std::optional<train::FrontLookRequest> wanted() const;
  /// The model that was asked for, or one that was asked for shortly before.
  void showLook(const train::FrontLook& look);
  /// Why there is none.
  void showProblem(const QString& problem);
  /// What is said below the tasks' values.
  QString words() const;
  void setPreference(const std::vector<double>& preference);

 signals:
  /// wanted() is another.
  void wantedChanged();
  void exportRequested(const std::vector<double>& preference);

 protected:
  void showEvent(QShowEvent* event) override;
  void hideEvent(QHideEvent* event) override;

 private:
  void makeBar();
  bool hasFront() const;
  /// Another run, or the same with other tasks.
  void follow();
  /// A line a task: its name with the preference, and what its metrics are.
  void makeLines();
  void clearLook();
  void tellPreference();

  const RunData& data_;
  ParetoPlot* plot_;
  QWidget* bar_;
  QBoxLayout* arrangement_ = nullptr;
  PreferenceField* preference_ = nullptr;
  QScrollArea* area_ = nullptr;
  QGridLayout* lines_ = nullptr;
  std::vector<ElidedLabel*> values_;  ///< [K]
  ElidedLabel* words_ = nullptr;
  QPushButton* export_ = nullptr;
  QStringList tasks_;
};

}  // namespace eq::widgets
