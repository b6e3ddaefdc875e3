#pragma once

#include <QMenu>

namespace eq::widgets {

class PlotArea;

/// Layouts of the plots by name, kept in the user's settings: save as, choose, delete, and the
/// standard one.
class LayoutMenu : public QMenu {
  Q_OBJECT

 public:
  /// \param area must outlive the menu.
  explicit LayoutMenu(PlotArea& area, QWidget* parent = nullptr);

  /// Keeps what the area shows; a layout of this name is replaced.
  void save(const QString& name);

 signals:
  /// The plots are to be seen.
  void chosen();

 private:
  void fill();
  void askForName();
  void remove(const QString& name);

  PlotArea& area_;
  QMenu* removal_ = nullptr;
};

}  // namespace eq::widgets
