#pragma once

#include <vector>

#include <QStringList>
#include <QWidget>

class QSlider;

namespace eq::widgets {

class PreferenceTriangle;

/// How much each task counts, sum 1: a slider between two tasks, a triangle of three, of more a
/// slider a task, of which those that are not moved share the rest as before.
class PreferenceField : public QWidget {
  Q_OBJECT

 public:
  explicit PreferenceField(QWidget* parent = nullptr);

  /// Made anew, with all tasks alike. \param names as they are shown; two or more.
  void setTasks(const QStringList& names);
  const std::vector<double>& preference() const { return preference_; }
  /// A number a task from 0 on, sum 1. Emits nothing.
  void setPreference(const std::vector<double>& preference);
  /// Whether it is as high as wide, and stands beside what belongs to it.
  bool isTriangle() const { return triangle_ != nullptr; }

 signals:
  void edited();

 private:
  void makeBetween(const QStringList& names);
  void makeTriangle(const QStringList& names);
  void makeSliders(const QStringList& names);
  QSlider* makeSlider(const QString& name);
  void shareRest(std::size_t moved, double value);
  /// Puts the controls where the preference is.
  void place();

  std::vector<double> preference_;
  QWidget* controls_ = nullptr;
  std::vector<QSlider*> sliders_;
  PreferenceTriangle* triangle_ = nullptr;
};

}  // namespace eq::widgets
