#pragma once

#include <optional>
#include <vector>

#include <QSharedPointer>

#include "core/run/lab/lab_answers.h"
#include "widgets/plots/plot_panel.h"

class QCPBars;
class QCPBarsGroup;
class QComboBox;
class QMouseEvent;

namespace eq::widgets {

class ClassTicker;

/// How far each expert moved each tensor, a bar an expert: ‖τ_k‖, or its root mean square, which
/// does not grow with the tensor.
class LayerBars : public PlotPanel {
  Q_OBJECT

 public:
  LayerBars(const RunData& data, PlotLink& link, QWidget* parent = nullptr);

  /// Nothing: no lab is open.
  void setFacts(const std::optional<run::LabFacts>& facts);

  std::vector<Series> series() const override;

 protected:
  void grow() override;
  void restart() override {}
  QString hint() const override;
  void restyle(const PlotStyle& style) override;

 private:
  bool isRootMeanSquare() const;
  QString quantity() const;
  double valueOf(std::size_t expert, std::size_t place) const;
  QString tipAt(int place) const;
  void makeBars(std::size_t experts);
  void mouseMoved(const QMouseEvent& event);

  std::optional<run::LabFacts> facts_;
  std::vector<std::size_t> order_;  ///< of the tensors, along the axis
  QComboBox* what_;
  QSharedPointer<ClassTicker> names_;
  QCPBarsGroup* group_;
  std::vector<QCPBars*> bars_;  ///< by expert
};

}  // namespace eq::widgets
