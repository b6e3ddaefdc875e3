#pragma once

#include <QWidget>

class QLabel;
class QSlider;

namespace eq::widgets {

class PlotLink;

/// The smoothing that all plots share, from raw curves to a mean over about a thousand steps.
class SmoothingSlider : public QWidget {
  Q_OBJECT

 public:
  /// \param link must outlive the slider.
  explicit SmoothingSlider(PlotLink& link, QWidget* parent = nullptr);

 private:
  void tell(double weight);

  QLabel* label_;
  QSlider* slider_;
};

}  // namespace eq::widgets
