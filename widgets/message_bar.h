#pragma once

#include <QFrame>

class QLabel;

namespace eq::widgets {

/// One line at the top of the window that says what went wrong, where, and what to do. Nothing
/// waits for it: it stays until it is closed or another message comes.
class MessageBar : public QFrame {
  Q_OBJECT

 public:
  explicit MessageBar(QWidget* parent = nullptr);

  void showError(const QString& text);
  /// \param link text of an action; empty for none. linkActivated() tells of it.
  void showNote(const QString& text, const QString& link = {});
  QString text() const;
  void clear();

 signals:
  void linkActivated();

 private:
  void show(const QString& icon, const QString& text, const QString& link);

  QLabel* icon_;
  QLabel* label_;
  QString text_;
};

}  // namespace eq::widgets
