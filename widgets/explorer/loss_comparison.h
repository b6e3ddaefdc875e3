#pragma once

#include <optional>
#include <vector>

#include <QWidget>

#include "core/loss/curve.h"
#include "core/train/example_view.h"
#include "widgets/plots/plot_panel.h"

class QComboBox;
class QLabel;
class QSortFilterProxyModel;
class QTableView;

namespace eq::widgets {

class ExampleTable;

/// A loss that can be compared.
struct ComparedLoss {
  train::MethodSpec method;
  QString name;
  loss::Curve curve;
  bool operator==(const ComparedLoss& other) const {
    return method == other.method && name == other.name;
  }
};

/// Ratios of value and slope of two losses along an axis.
class RatioPlot : public PlotPanel {
  Q_OBJECT

 public:
  RatioPlot(const RunData& data, PlotLink& link, QWidget* parent = nullptr);
  void setLosses(const std::optional<std::pair<ComparedLoss, ComparedLoss>>& losses,
                 const QString& axis);
  std::vector<Series> series() const override;

 protected:
  void grow() override;
  void restart() override {}
  void restyle(const PlotStyle& style) override;
  QString hint() const override;

 private:
  Column x_, value_, slope_;
  QString axis_;
};

/// Two losses side by side: their ratios along the axis, and which of the run's examples get more
/// gradient from the one than from the other.
class LossComparison : public QWidget {
  Q_OBJECT

 public:
  LossComparison(const RunData& data, PlotLink& link, QWidget* parent = nullptr);

  void setLosses(std::vector<ComparedLoss> losses, const QString& axis);
  /// The two that are chosen; empty with fewer than two losses.
  std::vector<train::MethodSpec> chosen() const;
  void showExamples(const train::ExampleView& view);
  void showPictures(const std::vector<train::ExamplePicture>& pictures);
  void forgetPictures();
  PlotPanel* plot() const;

 signals:
  /// Another pair.
  void chosenChanged();
  void picturesWanted(const std::vector<std::int64_t>& examples);

 private:
  void fillBoxes();
  void update();
  void askForPictures();

  std::vector<ComparedLoss> losses_;
  QString axis_;
  QComboBox* first_;
  QComboBox* second_;
  QLabel* note_;
  RatioPlot* ratio_;
  ExampleTable* table_;
  QSortFilterProxyModel* sorted_;
  QTableView* view_;
};

}  // namespace eq::widgets
