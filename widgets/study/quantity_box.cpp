#include "widgets/study/quantity_box.h"

#include <QCompleter>
#include <QLineEdit>
#include <QSignalBlocker>

#include "core/base/expression_scanner.h"
#include "widgets/session/run_quantity.h"
#include "widgets/style/field_problem.h"

namespace eq::widgets {

QuantityBox::QuantityBox(const QString& name, QWidget* parent) : QComboBox(parent), name_(name) {
  setEditable(true);
  setInsertPolicy(QComboBox::NoInsert);
  setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  setMinimumContentsLength(18);
  setAccessibleName(name);
  lineEdit()->setAccessibleName(name);
  setToolTip(name);
  completer()->setFilterMode(Qt::MatchContains);
  completer()->setCompletionMode(QCompleter::PopupCompletion);
  connect(this, &QComboBox::editTextChanged, this, &QuantityBox::read);
}

void QuantityBox::setNames(const std::vector<std::string>& names) {
  if (names == names_) return;
  names_ = names;
  const QString typed = currentText();
  {
    const QSignalBlocker blocker(this);
    clear();
    addItems(offeredQuantities(names));
    setEditText(typed);
  }
  read();
}

void QuantityBox::read() {
  const QString text = currentText().trimmed();
  QString problem;
  if (!text.isEmpty()) try {
      quantity_ = quantityFrom(text, names_, name_.toStdString());
      title_ = text;
      emit quantityChanged();
    } catch (const ExpressionError& error) {
      problem = QString::fromUtf8(error.what());
    }
  markProblem(*this, problem);
}

}  // namespace eq::widgets
