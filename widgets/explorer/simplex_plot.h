#pragma once

#include <optional>

#include "core/train/experiment.h"
#include "widgets/plots/plot_panel.h"

class QCPColorMap;
class QCPCurve;
class QCPItemText;

namespace eq::widgets {

/// One loss of three classes over the triangle of probabilities: its value as colour, and the way
/// that gradient descent on the logits takes as arrows.
class SimplexPlot : public PlotPanel {
  Q_OBJECT

 public:
  SimplexPlot(const RunData& data, PlotLink& link, QWidget* parent = nullptr);

  /// \param name how the loss is called; none: nothing is shown.
  void setLoss(const std::optional<train::MethodSpec>& method, const QString& name,
               std::int64_t target);

  std::vector<Series> series() const override;

 protected:
  void grow() override {}
  void restart() override {}
  void restyle(const PlotStyle& style) override;
  QString hint() const override;

 private:
  void drawMap(const train::MethodSpec& method, std::int64_t target);
  void drawArrows(const train::MethodSpec& method, std::int64_t target);

  QString problem_;
  QString name_;
  QCPColorMap* map_ = nullptr;
  QCPCurve* arrows_ = nullptr;
  QCPCurve* border_ = nullptr;
  std::vector<QCPItemText*> corners_;
  Column p1_, p2_, value_;
};

}  // namespace eq::widgets
