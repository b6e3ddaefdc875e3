#pragma once

#include <optional>
#include <vector>

#include <QTimer>
#include <QWidget>

#include "core/base/descriptor.h"
#include "core/base/task.h"
#include "core/loss/curve.h"
#include "core/train/example_view.h"
#include "widgets/explorer/loss_curve_plot.h"
#include "widgets/explorer/loss_set.h"

class QComboBox;
class QLabel;
class QSplitter;
class QTabWidget;
class QToolButton;
class QVBoxLayout;

namespace eq::widgets {

class LossCard;
class LossComparison;
class NumberBox;
class IntegerBox;
class SimplexPlot;

/// Draws losses: their values and slopes along an axis of predictions, over the simplex of three
/// classes, and two of them side by side; with the examples of the run that goes on. It evaluates
/// the same losses that train, and knows the session only by its signals.
class LossExplorer : public QWidget {
  Q_OBJECT

 public:
  LossExplorer(const RunData& data, PlotLink& link, QWidget* parent = nullptr);

  /// The tasks of the run that goes on; empty without one.
  void setTasks(const std::vector<TaskInfo>& tasks);
  /// Begins with the experiment's losses, unless a set was chosen by hand, now or before.
  void proposeLosses(const train::Experiment& experiment);
  /// An answer to examplesWanted().
  void showExamples(const train::ExampleView& view);
  void showExamplesProblem(const QString& reason);
  void showPictures(const std::vector<train::ExamplePicture>& pictures);

  /// For figures.
  std::vector<PlotPanel*> plots() const;
  const std::vector<LossCard*>& cards() const { return cards_; }
  /// Draws anew, such as when a file is trusted that was not.
  void redraw() { redraw_.start(0); }

 signals:
  /// By the user, in a card.
  void lossEdited(const eq::train::MethodSpec& method);
  /// Where examples are wanted; none: no more.
  void examplesWanted(const std::optional<eq::train::ExampleRequest>& request);
  void picturesWanted(const std::vector<std::int64_t>& examples);
  /// "Use this in the run".
  void lossChosen(size_t task, const eq::train::MethodSpec& loss);

 protected:
  void showEvent(QShowEvent* event) override;
  void hideEvent(QHideEvent* event) override;

 private:
  QWidget* makeControls();
  QLayout* makeClassRow();
  void addCard(const train::MethodSpec& method);
  void addAnother();
  void removeCard(LossCard* card);
  void showSet(const LossSet& set);
  void showRunLosses();
  /// The user chose: what stands here is remembered.
  void keepSet();
  int freeColour() const;
  std::vector<const Descriptor*> drawable() const;
  /// With the paths of its files absolute. \throws Error when one is not there.
  train::MethodSpec placed(train::MethodSpec method) const;
  loss::CurveRequest requestOf(const train::MethodSpec& method) const;
  std::optional<DrawnLoss> drawn(const train::MethodSpec& method, int colour, bool pinned,
                                 QString* problem);
  const loss::Curve& sample(const loss::CurveRequest& request);
  void changeAxis();
  void drawAll();
  /// The number of classes of the task that is looked at.
  void takeClasses();
  void updateUse();
  void askForExamples();
  const loss::CurveAxis& axis() const;

  const RunData& data_;
  std::vector<TaskInfo> tasks_;
  std::vector<LossCard*> cards_;
  train::Experiment experiment_;  ///< whose losses are proposed
  bool own_ = false;              ///< the set was chosen by hand
  std::optional<train::ExampleRequest> asked_;
  /// What was sampled for the last picture: while a slider moves, only its curve is new.
  std::vector<std::pair<loss::CurveRequest, loss::Curve>> sampled_, sampledNow_;
  QComboBox* axisBox_;
  QComboBox* taskBox_;
  IntegerBox* classes_;
  IntegerBox* target_;
  NumberBox* level_;
  QToolButton* normalise_;
  QToolButton* ofRun_;
  QVBoxLayout* cardsLayout_;
  QLabel* taskHint_;
  QTabWidget* views_;
  LossCurvePlot* curves_;
  SimplexPlot* simplex_;
  LossComparison* comparison_;
  QTimer redraw_;  ///< joins the changes of one round of events
};

}  // namespace eq::widgets
