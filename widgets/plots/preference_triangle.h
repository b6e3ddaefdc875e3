#pragma once

#include <vector>

#include <QStringList>
#include <QWidget>

namespace eq::widgets {

/// A preference among three tasks as a place in a triangle: at a corner one task alone counts.
/// Dragged with the mouse, or moved with the arrow keys.
class PreferenceTriangle : public QWidget {
  Q_OBJECT

 public:
  /// \param names of the tasks: first at the lower left, second at the lower right, third on top.
  explicit PreferenceTriangle(const QStringList& names, QWidget* parent = nullptr);

  const std::vector<double>& preference() const { return preference_; }
  /// Three numbers from 0 on, sum 1. Emits nothing.
  void setPreference(const std::vector<double>& preference);

  QSize sizeHint() const override;
  QSize minimumSizeHint() const override { return sizeHint(); }

 signals:
  void edited();

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  /// [3] Where one task alone counts.
  std::vector<QPointF> corners() const;
  QPointF placeOf(const std::vector<double>& preference) const;
  /// The preference nearest to a place.
  std::vector<double> preferenceAt(const QPointF& place) const;
  void edit(const QPointF& place);

  QStringList names_;
  std::vector<double> preference_;
};

}  // namespace eq::widgets
