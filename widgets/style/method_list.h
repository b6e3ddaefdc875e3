#pragma once

#include <vector>

#include <QFrame>
#include <QString>

class QLineEdit;
class QListView;
class QStandardItemModel;

namespace eq::widgets {

/// One method of a MethodList. All texts are plain, but for `help`.
struct MethodEntry {
  QString id;
  QString title;
  QString summary;
  QString family;  ///< title of the group it stands in; empty: none
  QString note;    ///< what it needs, or what choosing it brings with it; may be empty
  QString unfit;   ///< why it cannot be chosen here; empty: it can
  QString help;    ///< tool tip, rich text
};

/// A window that drops down from a box, to choose one of many methods: a line to search in, and the
/// entries in their families, each with its sentence, its note, or why it does not fit. Looking
/// and searching choose nothing; a click on an entry or Return does, Escape and a click elsewhere
/// leave all as it is.
class MethodList : public QFrame {
  Q_OBJECT

 public:
  /// \param present id of the one that is chosen now. \param box below which it drops down.
  MethodList(std::vector<MethodEntry> entries, const QString& present, QWidget* box);

  QLineEdit& search() { return *search_; }
  QListView& list() { return *list_; }
  /// Id of the entry that is highlighted; empty without one.
  QString highlighted() const;
  void dropDown();

 signals:
  void chosen(const QString& id);
  void closed();

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void hideEvent(QHideEvent* event) override;

 private:
  void fill();
  void addEntry(const MethodEntry& entry);
  void highlight(const QString& id);
  void move(int rows);
  bool takeKey(int key);
  void take(const QModelIndex& index);

  std::vector<MethodEntry> entries_;
  QString present_;
  QWidget* box_;
  QLineEdit* search_;
  QListView* list_;
  QStandardItemModel* model_;
};

}  // namespace eq::widgets
