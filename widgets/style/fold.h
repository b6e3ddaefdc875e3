#pragma once

#include <QWidget>

class QToolButton;

namespace eq::widgets {

/// A heading with an arrow that folds what stands below it away.
class Fold : public QWidget {
  Q_OBJECT

 public:
  enum class Rank { section, detail };  ///< of a section: large and bold

  /// \param content is owned by the fold.
  Fold(const QString& title, QWidget* content, Rank rank, QWidget* parent = nullptr);

  bool isOpen() const;
  void setOpen(bool open);
  /// Behind the title, such as "2 changed"; empty: nothing.
  void setNote(const QString& note);

 private:
  QString title_;
  QToolButton* button_;
  QWidget* content_;
};

/// Opens every fold that `inner` is in.
void unfold(QWidget& inner);

}  // namespace eq::widgets
