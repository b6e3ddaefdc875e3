#pragma once

#include <memory>
#include <optional>

#include "core/run/lab/lab_answers.h"
#include "widgets/plots/heat_map.h"
#include "widgets/plots/plot_panel.h"

class QComboBox;
class QMouseEvent;

namespace eq::widgets {

/// What two task vectors have in common, expert by expert: their cosine, where they pull apart, or
/// where their masks overlap; of the whole model or of one tensor.
class VectorMap : public PlotPanel {
  Q_OBJECT

 public:
  enum class What { cosine, conflict, overlap };

  VectorMap(const RunData& data, PlotLink& link, QWidget* parent = nullptr);

  /// Nothing: no lab is open.
  void setFacts(const std::optional<run::LabFacts>& facts);
  void setMasks(const run::LabMasks& masks);

  std::vector<Series> series() const override;
  /// What is told of a cell.
  QString tipOf(int row, int column) const;

 signals:
  /// The overlaps are to be shown, and setMasks() was not called since the lab was opened.
  void masksWanted();

 protected:
  void grow() override;
  void restart() override {}
  QString hint() const override;
  void restyle(const PlotStyle& style) override;

 private:
  What what() const;
  /// Of the chosen tensor.
  const run::LabGeometry& geometry() const;
  /// Null while the masks are not there.
  const run::LabTable* table() const;
  HeatMap::Scale scale() const;
  QString remark() const;
  void offerTensors();
  void mouseMoved(const QMouseEvent& event);

  std::optional<run::LabFacts> facts_;
  std::optional<run::LabMasks> masks_;
  QComboBox *what_, *tensor_;
  std::unique_ptr<HeatMap> map_;
};

}  // namespace eq::widgets
