#pragma once

#include <cstddef>
#include <map>
#include <vector>

#include "widgets/plots/sampled_panel.h"
#include "widgets/plots/sharing_series.h"

class QCPGraph;
class QMouseEvent;

namespace eq::widgets {

/// What the model records of itself at one step as curves: a line a task. Across stand the places
/// of the series where they are numbers, such as stages or widths, else the numbers of a list. The
/// axis holds the numbers of all steps.
class ObservedCurve : public SampledPanel {
  Q_OBJECT

 public:
  ObservedCurve(const SharingSeries& series, const RunData& data, PlotLink& link,
                QWidget* parent = nullptr);

  std::vector<Series> series() const override;

 protected:
  void grow() override;
  void restart() override;
  void restyle(const PlotStyle& style) override;
  QString hint() const override;
  int sampleCount() const override;
  std::int64_t stepOf(int sample) const override;
  QString remark(int sample) const override;
  void draw(int sample) override;

 private:
  struct Point {
    double x = 0;
    const ObservedTrack* track = nullptr;
    std::size_t entry = 0;
  };
  struct Curve {
    QString name;
    int colour = 0;
    std::vector<Point> points;  ///< by x
  };
  std::vector<Curve> curves() const;
  std::vector<Curve> curvesOverPlaces(const std::vector<const ObservedTrack*>& tracks) const;
  /// The track that was observed most often.
  const ObservedTrack* lead() const;
  double valueAt(const Point& point, std::int64_t step) const;
  void growExtent();
  void mouseMoved(const QMouseEvent& event);

  const SharingSeries series_;
  std::vector<QCPGraph*> graphs_;
  std::map<const ObservedTrack*, std::size_t> taken_;  ///< rows that are within the extent
  double least_ = 0, most_ = 0;
};

}  // namespace eq::widgets
