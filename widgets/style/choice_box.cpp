#include "widgets/style/choice_box.h"

#include <QAbstractItemView>
#include <QCoreApplication>
#include <QKeyEvent>
#include <QWheelEvent>

namespace eq::widgets {
namespace {

bool stepsThroughAList(int key) {
  return key == Qt::Key_Up || key == Qt::Key_Down || key == Qt::Key_PageUp ||
         key == Qt::Key_PageDown || key == Qt::Key_Home || key == Qt::Key_End;
}

bool isLetter(const QKeyEvent& event) {
  return !event.text().isEmpty() && event.text()[0].isPrint() && !event.text()[0].isSpace() &&
         !(event.modifiers() & (Qt::ControlModifier | Qt::AltModifier | Qt::MetaModifier));
}

}  // namespace

ChoiceBox::ChoiceBox(QWidget* parent) : QComboBox(parent) {
  setFocusPolicy(Qt::StrongFocus);
  setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  setMinimumContentsLength(6);
}

void ChoiceBox::wheelEvent(QWheelEvent* event) {
  event->ignore();
}

void ChoiceBox::keyPressEvent(QKeyEvent* event) {
  const bool letter = isLetter(*event);
  if (!letter && !stepsThroughAList(event->key())) return QComboBox::keyPressEvent(event);
  event->accept();
  showPopup();
  if (letter) searchFor(event);
}

void ChoiceBox::searchFor(QKeyEvent* letter) {
  QCoreApplication::sendEvent(view(), letter);
}

}  // namespace eq::widgets
