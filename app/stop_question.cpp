#include "app/stop_question.h"

#include <QCoreApplication>
#include <QMessageBox>
#include <QPushButton>

namespace eq::app {
namespace {

QString inStopQuestion(const char* text) {
  return QCoreApplication::translate("StopQuestion", text);
}

}  // namespace

void askToStop(QWidget* parent, const std::function<void()>& stop) {
  auto* question = new QMessageBox(
      QMessageBox::Question, inStopQuestion("A run is going on"),
      inStopQuestion("Stop the run with a checkpoint and close? It can be resumed later."),
      QMessageBox::Cancel, parent);
  question->setAttribute(Qt::WA_DeleteOnClose);
  auto* button = question->addButton(inStopQuestion("Stop and close"), QMessageBox::AcceptRole);
  QObject::connect(button, &QAbstractButton::clicked, parent, stop);
  question->open();
}

}  // namespace eq::app
