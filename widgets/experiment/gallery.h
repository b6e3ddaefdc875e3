#pragma once

#include <filesystem>
#include <vector>

#include <QFrame>
#include <QScrollArea>

#include "core/train/experiment.h"

class QGridLayout;
class QPushButton;
class QSvgRenderer;

namespace eq::widgets {

/// What can be begun with as cards, each a picture, a sentence and buttons: a table of one's own,
/// and the sample experiments.
class Gallery : public QScrollArea {
  Q_OBJECT

 public:
  /// \param folder of the samples; every experiment file in it becomes a card.
  explicit Gallery(const std::filesystem::path& folder, QWidget* parent = nullptr);

  /// Of samples.
  int count() const { return count_; }
  /// Offers the way back to the plots, when something is open there.
  void offerReturn(bool offered);

 signals:
  void startRequested(const eq::train::Experiment& experiment);
  void openRequested(const eq::train::Experiment& experiment);
  /// Variants of it, as quickRaceOf() has them.
  void raceRequested(const eq::train::Experiment& experiment);
  /// The user wants an own file.
  void browseRequested();
  /// The user wants to begin with an own table.
  void tableRequested();
  /// The user wants to begin with an own folder of images.
  void imagesRequested();
  void returnRequested();

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  QWidget* makeCard(const QString& title, const QString& text, const QString& picture,
                    const std::vector<QPushButton*>& buttons, QPushButton* below = nullptr);
  QWidget* makeSampleCard(const train::Experiment& experiment, const QString& stem);
  QWidget* makeOwnCard();

  void arrange(int columns);

  int count_ = 0;
  int columns_ = 0;
  QGridLayout* grid_;
  std::vector<QWidget*> cards_;
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
