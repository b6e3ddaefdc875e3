#pragma once

#include <functional>

#include <QPointer>
#include <QString>

namespace eq::app {

/// What tells a dialog, which may be gone by then, how what it asked for went: it closes when the
/// text is empty, else it stays and says why. \pre Dialog has accept() and refuse(QString).
template <typename Dialog>
std::function<void(const QString&)> answerTo(Dialog* dialog) {
  return [dialog = QPointer<Dialog>(dialog)](const QString& problem) {
    if (!dialog) return;
    if (problem.isEmpty())
      dialog->accept();
    else
      dialog->refuse(problem);
  };
}

}  // namespace eq::app
