#pragma once

#include <QSplitter>

class QListWidget;
class QListWidgetItem;

namespace eq::widgets {

class GeometryPlot;
class PlotLink;
class RunData;

/// A GeometryPlot and the methods of the catalog beside it, to be chosen. Those that need more than
/// losses and products of gradients are named with the reason; those that remember earlier steps
/// say that they begin anew.
class GeometryView : public QSplitter {
  Q_OBJECT

 public:
  GeometryView(const RunData& data, PlotLink& link, QWidget* parent = nullptr);

  GeometryPlot& plot() const { return *plot_; }
  QListWidget& methods() const { return *methods_; }

 protected:
  void changeEvent(QEvent* event) override;

 private:
  void listMethods();
  void colourMethods();
  void itemChanged(const QListWidgetItem& item);

  GeometryPlot* plot_;
  QListWidget* methods_;
};

}  // namespace eq::widgets
