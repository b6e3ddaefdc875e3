#pragma once

#include <QWidget>

#include "widgets/session/run_data.h"

class QDoubleSpinBox;
class QLabel;
class QTimer;
class QToolButton;

namespace eq::widgets {

/// What comparing the gradients, and looking ahead, costs a run, as measured, against a budget that
/// the user sets (percent of the time of a step; remembered). Above it a button offers to sample as
/// rarely as it takes: a command like any other, which the run records, so that nothing timed
/// decides by itself.
class CostBar : public QWidget {
  Q_OBJECT

 public:
  /// \param data outlives the bar.
  explicit CostBar(const RunData& data, QWidget* parent = nullptr);

  QString words() const;

 signals:
  /// The user wants to sample so from now on.
  void samplingRequested(const eq::train::ConflictSpec& conflict,
                         const eq::train::AffinitySpec& affinity);

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  void refreshLater();
  void refresh();
  double budget() const;
  void offer(double share);
  QString buttonText() const;

  const RunData& data_;
  QLabel* words_;
  QDoubleSpinBox* budget_;
  QToolButton* rarer_;
  QTimer* later_;
  train::ConflictSpec conflict_;  ///< that keeps the budget
  train::AffinitySpec affinity_;  ///< the same
};

}  // namespace eq::widgets
