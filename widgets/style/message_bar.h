#pragma once

#include <functional>

#include <QFrame>

class QLabel;
class QScrollArea;

namespace eq::widgets {

/// One line at the top of the window that says what went wrong, where, and what to do. Nothing
/// waits for it: it stays until it is closed or another message comes.
class MessageBar : public QFrame {
  Q_OBJECT

 public:
  explicit MessageBar(QWidget* parent = nullptr);

  void showError(const QString& text);
  /// A line more below the message that is shown; a note where there is none.
  void add(const QString& text);
  /// \param link text of an action; empty for none. \param action what it does, once.
  void showNote(const QString& text, const QString& link = {},
                const std::function<void()>& action = {});
  QString text() const;
  void clear();
  /// Closes a note that has nothing to be clicked; errors stay.
  void clearNote();
  /// As if the user clicked the note's link.
  void activate();

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  /// As high as the text, up to a few lines; then it scrolls.
  void fit();
  void show(const QString& icon, const QString& text, const QString& link,
            const std::function<void()>& action);

  QLabel* icon_;
  QLabel* label_;
  QScrollArea* scroll_;
  QString text_;
  QString link_;
  std::function<void()> action_;  ///< of the link
  bool note_ = false;
};

}  // namespace eq::widgets
