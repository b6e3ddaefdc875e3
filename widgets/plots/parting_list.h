#pragma once

#include <QWidget>

#include "widgets/plots/layer_conflicts.h"

class QLabel;
class QPushButton;
class QTreeWidget;

namespace eq::widgets {

class PlotLink;
class ViewHint;

/// Who could part here: the layers that tasks share, those in which they disagree most first, and
/// the way to a run in which one of them is split by task.
class PartingList : public QWidget {
  Q_OBJECT

 public:
  /// \param data, link outlive it.
  PartingList(const RunData& data, PlotLink& link, QWidget* parent = nullptr);

  QTreeWidget& list() { return *list_; }
  QPushButton& splitButton() { return *split_; }
  /// Why the layer that is chosen cannot be split; else what a split is.
  QString remark() const;

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  void follow();
  void offer();
  void split();
  std::string chosen() const;
  std::vector<std::string> taskNames() const;

  const RunData& data_;
  PlotLink& link_;
  std::size_t seen_ = 0;  ///< samples that were looked at
  QLabel* heading_;
  QTreeWidget* list_;
  ViewHint* hint_;
  QPushButton* split_;
  QLabel* remark_;
};

}  // namespace eq::widgets
