#pragma once

#include <vector>

#include <QWidget>

#include "widgets/plots/sharing_series.h"

class QGridLayout;
class QLabel;
class QScrollArea;

namespace eq::widgets {

class PartingList;
class PlotLink;
class PlotPanel;

/// Who shares what: what the model is made of, and which layers its tasks could part in; a plot for
/// every series that the model of the run records of itself, as its
/// descriptor asks for, and one of the penalties that it adds to the losses. Without any it says
/// which models have some.
class SharingPage : public QWidget {
  Q_OBJECT

 public:
  /// \param data, link outlive the page.
  SharingPage(const RunData& data, PlotLink& link, QWidget* parent = nullptr);

  /// In the order in which they stand.
  std::vector<PlotPanel*> plots() const;
  /// What it says while there are none; else empty.
  QString hint() const;

 signals:
  void added(eq::widgets::PlotPanel* panel);
  /// It is deleted after this.
  void gone(eq::widgets::PlotPanel* panel);

 private:
  /// A series without a name: the penalties.
  struct Shown {
    SharingSeries series;
    PlotPanel* plot;
  };
  void follow();
  PlotPanel* plotOf(const SharingSeries& series);
  void arrange();

  const RunData& data_;
  PlotLink& link_;
  std::vector<Shown> shown_;
  QScrollArea* area_;
  QGridLayout* grid_;
  PartingList* parting_;
  QLabel* hint_;
};

}  // namespace eq::widgets
