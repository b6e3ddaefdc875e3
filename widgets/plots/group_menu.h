#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <QMenu>

#include "widgets/plots/plot_link.h"

class QActionGroup;

namespace eq::widgets {

/// How several runs are put together in the plots: groups, what is drawn of them, the baseline.
class GroupMenu : public QMenu {
  Q_OBJECT

 public:
  /// \param link has runs, and outlives the menu.
  explicit GroupMenu(PlotLink& link, QWidget* parent = nullptr);

 private:
  void addGroupings();
  void addStyles();
  void addBaselines();
  /// As things stand now.
  void refresh();
  void offerFields();
  void offerBaselines();
  void chooseFields();
  QAction* addChoice(QMenu& menu, QActionGroup& group, const QString& text,
                     const std::function<void()>& choose);
  // As a person chooses; each comes to the stack of edits.
  void change(const std::function<void(GroupStyle&)>& edit);
  void group(Grouping by, const std::vector<std::string>& fields = {});
  void compareWith(const std::filesystem::path& folder);

  PlotLink& link_;
  QAction* none_ = nullptr;
  QAction* seeds_ = nullptr;
  QMenu* fields_ = nullptr;
  QMenu* baselines_ = nullptr;
  QAction* members_ = nullptr;
  QAction* differences_ = nullptr;
};

}  // namespace eq::widgets
