#pragma once

#include <QLabel>

class QAbstractItemView;

namespace eq::widgets {

/// A sentence in the middle of a table or list for as long as that is empty: what will stand there.
class ViewHint : public QLabel {
  Q_OBJECT

 public:
  /// \param view has its model already; owns the hint.
  ViewHint(QAbstractItemView* view, const QString& text);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void update();

  QAbstractItemView* view_;
};

}  // namespace eq::widgets
