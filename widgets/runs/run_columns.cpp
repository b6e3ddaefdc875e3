#include "widgets/runs/run_columns.h"

#include <utility>

#include <QHeaderView>
#include <QInputDialog>
#include <QMenu>
#include <QSettings>
#include <QTableView>

#include "core/base/expression_scanner.h"
#include "widgets/runs/runs_model.h"
#include "widgets/session/run_quantity.h"
#include "widgets/style/plain_text.h"

namespace eq::widgets {
namespace {

constexpr const char* kColumnsSetting = "runs/columns";

RunColumn columnOf(const QString& text) {
  return {text, quantityFrom(text, {}, "column")};
}

}  // namespace

RunColumns::RunColumns(QTableView* table, RunsModel& model)
    : QObject(table), table_(table), model_(model) {
  auto* header = table_->horizontalHeader();
  header->setContextMenuPolicy(Qt::CustomContextMenu);
  header->setToolTip(tr("A right click adds a column, or takes it away"));
  connect(header, &QHeaderView::customContextMenuRequested, this, &RunColumns::showMenu);
  for (const auto& text : QSettings().value(kColumnsSetting).toStringList()) try {
      model_.addColumn(columnOf(text));
    } catch (const ExpressionError&) {  // of another version: its text is of no use
    }
}

QString RunColumns::addColumn(const QString& text) {
  try {
    model_.addColumn({text.trimmed(), quantityFrom(text, names_, "column")});
  } catch (const ExpressionError& error) {
    return QString::fromUtf8(error.what());
  }
  keep();
  return {};
}

void RunColumns::removeColumn(int column) {
  model_.removeColumn(column - RunsModel::kColumns);
  keep();
}

void RunColumns::keep() const {
  QStringList texts;
  for (const auto& column : model_.columns()) texts << column.text;
  QSettings().setValue(kColumnsSetting, texts);
}

void RunColumns::showMenu(const QPoint& place) {
  const int column = table_->horizontalHeader()->logicalIndexAt(place);
  auto* menu = new QMenu(table_);
  menu->setAttribute(Qt::WA_DeleteOnClose);
  connect(menu->addAction(tr("Add a column…")), &QAction::triggered, this, [this] { ask({}); });
  if (column >= RunsModel::kColumns) {
    const auto& text =
        model_.columns().at(static_cast<std::size_t>(column - RunsModel::kColumns)).text;
    connect(menu->addAction(menuText(tr("Take away %1").arg(shortName(text)))), &QAction::triggered,
            this, [this, column] { removeColumn(column); });
  }
  menu->addSeparator();
  auto* nested = menu->addAction(tr("Forks and runs of sweeps under their parents"));
  nested->setCheckable(true);
  nested->setChecked(model_.isNested());
  connect(nested, &QAction::triggered, &model_, &RunsModel::setNested);
  menu->popup(table_->horizontalHeader()->mapToGlobal(place));
}

void RunColumns::ask(const QString& text) {
  auto* dialog = new QInputDialog(table_);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setWindowTitle(tr("Add a column"));
  dialog->setLabelText(tr("A field, a series or an expression, such as mean(val.left.loss, 5)"));
  dialog->setComboBoxItems(offeredQuantities(names_));
  dialog->setComboBoxEditable(true);
  if (!text.isEmpty()) dialog->setTextValue(text);
  connect(dialog, &QInputDialog::textValueSelected, this, [this](const QString& typed) {
    const auto problem = addColumn(typed);
    if (problem.isEmpty()) return;
    emit problemMet(problem);
    ask(typed);  // what was typed is not lost
  });
  dialog->open();
}

}  // namespace eq::widgets
