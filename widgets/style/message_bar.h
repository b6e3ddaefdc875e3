#pragma once

#include <functional>

#include <QFrame>

class QLabel;
class QScrollArea;

namespace eq::widgets {

/// Says at the lower edge of its parent, over what stands there, so that nothing moves, what went
/// wrong, where, and what to do. Nothing waits for it: it stays until it is closed, its cause is
/// gone, or another message comes.
class MessageBar : public QFrame {
  Q_OBJECT

 public:
  explicit MessageBar(QWidget* parent = nullptr);

  /// \param cause what resolve() names when it is gone; empty: nobody will.
  void showError(const QString& text, const QString& cause = {});
  /// A line more below the message that is shown, with a link where that has none; a note where
  /// there is none.
  void add(const QString& text, const QString& link = {}, const std::function<void()>& action = {});
  /// \param link text of an action; empty for none. \param action what it does, once.
  void showNote(const QString& text, const QString& link = {},
                const std::function<void()>& action = {}, const QString& cause = {});
  QString text() const;
  void clear();
  /// Closes the message of this cause.
  void resolve(const QString& cause);
  /// Closes a note that has nothing to be clicked; errors stay.
  void clearNote();
  /// As if the user clicked the note's link.
  void activate();

 protected:
  void resizeEvent(QResizeEvent* event) override;
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  /// Along the parent's lower edge.
  void place();
  /// As high as the text, up to a few lines; then it scrolls.
  void fit();
  void show(const QString& icon, const QString& text, const QString& link,
            const std::function<void()>& action);

  QLabel* icon_;
  QLabel* label_;
  QScrollArea* scroll_;
  QString text_;
  QString link_;
  QString cause_;
  std::function<void()> action_;  ///< of the link
  bool note_ = false;
};

}  // namespace eq::widgets
