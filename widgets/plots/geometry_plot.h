#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <QPointF>
#include <QStringList>

#include "widgets/plots/geometry_scene.h"
#include "widgets/plots/plot_panel.h"

class QCPAxis;
class QComboBox;
class QMouseEvent;
class QToolButton;

namespace eq::widgets {

/// The gradients of two or three tasks as arrows in the plane or the space that they span, the
/// segment or triangle of their convex combinations, and the direction d of every chosen method (a
/// step goes against it). Follows the run, or shows the sample at the shared cursor; the tasks'
/// arrows can be dragged ("what would this method do with these gradients"), and Reset goes back.
/// Of three tasks the space is turned by dragging beside the arrows. Methods that remember earlier
/// steps begin anew.
class GeometryPlot : public PlotPanel {
  Q_OBJECT

 public:
  GeometryPlot(const RunData& data, PlotLink& link, QWidget* parent = nullptr);

  const GeometryScene& scene() const { return scene_; }
  /// Ids of the methods whose directions are shown.
  std::vector<std::string> chosen() const;
  void setChosen(const std::string& id, bool chosen);
  /// Whether an arrow was dragged and the run's gradients are not shown.
  bool isByHand() const { return byHand_; }
  void reset();
  /// Where the tip of a task's gradient is, in pixels of the plot.
  QPointF tipPixel(std::size_t task) const;
  /// The index of the colour of a method that is shown; none of another.
  std::optional<int> colourOf(const std::string& id) const;

  /// Every arrow as two points from 0.
  std::vector<Series> series() const override;

 signals:
  /// Other methods can be asked: the number of tasks changed.
  void methodsChanged();

 protected:
  void grow() override;
  void restart() override;
  void restyle(const PlotStyle& style) override;
  QString hint() const override;

 private:
  struct Arrow {
    QString name;
    Place3 tip;
    int colour = 0;
    enum class Kind { task, method, run } kind = Kind::task;
  };
  /// Which sample is shown; none: none was taken.
  std::optional<std::size_t> sample() const;
  void offerTasks();
  void takeSample(std::size_t sample);
  void show(const Eigen::MatrixXd& gramian, std::vector<double> losses);
  std::vector<int> shownTasks() const;
  std::vector<Arrow> arrows() const;
  Place3 shown(const Place3& place) const;
  QPointF project(const Place3& place) const;
  Place3 unproject(const QPointF& screen) const;
  void draw();
  void drawArrow(const Arrow& arrow);
  void drawHull();
  void placeLegend();
  void fitAxes();
  QString remarkText() const;
  void pressed(const QMouseEvent& event);
  void moved(const QMouseEvent& event);
  void released();

  GeometryScene scene_;
  QComboBox* tasks_;
  const QCPAxis *xAxis_, *yAxis_;  ///< the plot's
  QToolButton* unit_ = nullptr;
  QToolButton* reset_ = nullptr;
  std::map<std::string, int> chosen_;  ///< id, and its place among the colours
  std::optional<std::size_t> sample_;
  QStringList names_;
  bool byHand_ = false;
  double yaw_ = 0, pitch_ = 0;          ///< of the view, radians
  std::optional<std::size_t> dragged_;  ///< a task
  std::optional<QPointF> turned_;       ///< where the mouse was, in pixels
};

}  // namespace eq::widgets
