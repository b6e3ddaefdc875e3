#pragma once

#include <vector>

#include <QDialog>

#include "widgets/style/reachable.h"

class QLineEdit;
class QTreeWidget;

namespace eq::widgets {

/// Everything that can be done, found by typing: an action is done, a field gets the keyboard. What
/// cannot be done now stands grey, with the reason. Deletes itself when it is closed.
class CommandPalette : public QDialog {
  Q_OBJECT

 public:
  /// \param window whose actions and fields it reaches, and above which it opens.
  explicit CommandPalette(QWidget& window);

 protected:
  bool eventFilter(QObject* object, QEvent* event) override;

 private:
  void fill();
  void choose();

  std::vector<Reachable> all_;
  QLineEdit* words_;
  QTreeWidget* list_;
};

/// The entries that have all words, in any order and case, in name or place: first those whose name
/// begins with what was typed, then those that have all words in their name.
std::vector<std::size_t> matching(const std::vector<Reachable>& all, const QString& words);

}  // namespace eq::widgets
