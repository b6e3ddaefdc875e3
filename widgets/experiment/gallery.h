#pragma once

#include <filesystem>
#include <vector>

#include <QFrame>
#include <QScrollArea>

#include "core/train/experiment.h"

class QPushButton;
class QSvgRenderer;

namespace eq::widgets {

/// The sample experiments as cards: a picture, a sentence, Start and Open.
class Gallery : public QScrollArea {
  Q_OBJECT

 public:
  /// \param folder of the samples; every experiment file in it becomes a card.
  explicit Gallery(const std::filesystem::path& folder, QWidget* parent = nullptr);

  int count() const { return count_; }
  /// Offers the way back to the plots, when something is open there.
  void offerReturn(bool offered);

 signals:
  void startRequested(const eq::train::Experiment& experiment);
  void openRequested(const eq::train::Experiment& experiment);
  /// The user wants an own file.
  void browseRequested();
  void returnRequested();

 private:
  QWidget* makeCard(const train::Experiment& experiment, const QString& stem);

  int count_ = 0;
  QPushButton* return_;
};

/// The picture of a sample, from the resource gallery/<stem>.svg; empty where there is none.
class SamplePicture : public QFrame {
  Q_OBJECT

 public:
  explicit SamplePicture(const QString& stem, QWidget* parent = nullptr);

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  QSvgRenderer* picture_;
};

}  // namespace eq::widgets
