#include "widgets/experiment/table_column_box.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>

#include "widgets/style/plain_text.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

QString columnSummary(const data::ColumnGuess& guess, const std::string& file) {
  const auto count = [](std::size_t number) { return countText(static_cast<qint64>(number)); };
  QString text =
      TableColumnBox::tr("%1 values speak for “%2”, %3 against it; %4 missing, %5 different.")
          .arg(count(guess.speakFor), QString::fromStdString(std::string(toText(guess.kind))),
               count(guess.speakAgainst), count(guess.missing), count(guess.distinct));
  for (const auto& cell : guess.against) text += "\n" + dialogText(cell, file);
  return text;
}

}  // namespace

TableColumnBox::TableColumnBox(QWidget* parent)
    : QGroupBox(parent),
      text_(new QLabel),
      unitLabel_(new QLabel(tr("&Unit"))),
      unit_(new QLineEdit),
      ordering_(new QWidget),
      order_(new QListWidget) {
  text_->setTextFormat(Qt::PlainText);
  text_->setWordWrap(true);
  text_->setAlignment(Qt::AlignTop | Qt::AlignLeft);
  text_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  auto* scroll = new QScrollArea;
  scroll->setWidget(text_);
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  unitLabel_->setBuddy(unit_);
  unit_->setPlaceholderText(tr("of the number, on axes and in metrics"));
  unit_->setAccessibleName(tr("Unit"));
  auto* unitRow = new QHBoxLayout;
  unitRow->addWidget(unitLabel_);
  unitRow->addWidget(unit_, 1);
  order_->setDragDropMode(QAbstractItemView::InternalMove);
  order_->setAccessibleName(tr("Classes from the first to the last"));
  auto* up = new QPushButton(tr("Up"));
  auto* down = new QPushButton(tr("Down"));
  for (auto* button : {up, down}) button->setAutoDefault(false);
  auto* buttons = new QVBoxLayout;
  buttons->addWidget(up);
  buttons->addWidget(down);
  buttons->addStretch(1);
  auto* row = new QHBoxLayout(ordering_);
  row->setContentsMargins(0, 0, 0, 0);
  row->addWidget(order_, 1);
  row->addLayout(buttons);
  auto* layout = new QVBoxLayout(this);
  layout->addWidget(scroll, 1);
  layout->addLayout(unitRow);
  layout->addWidget(ordering_, 1);
  connect(unit_, &QLineEdit::textEdited, this, &TableColumnBox::unitEdited);
  connect(order_->model(), &QAbstractItemModel::rowsMoved, this, &TableColumnBox::orderEdited);
  connect(up, &QPushButton::clicked, this, [this] { move(-1); });
  connect(down, &QPushButton::clicked, this, [this] { move(1); });
  clear();
}

void TableColumnBox::clear() {
  setTitle(tr("No column"));
  text_->setText(tr("Choose a column above to see all that was found in it."));
  for (QWidget* widget :
       {static_cast<QWidget*>(unitLabel_), static_cast<QWidget*>(unit_), ordering_})
    widget->hide();
}

void TableColumnBox::showColumn(const data::TablePreview& preview, std::size_t column,
                                const ColumnChoice& choice, const std::vector<TableNote>& notes) {
  const auto& guess = preview.guesses.columns[column];
  setTitle(menuText(shortName(shownName(guess.name))));
  QStringList lines;
  for (const auto& note : notes) lines << note.text;
  lines << columnSummary(guess, preview.table.file());
  text_->setText(lines.join("\n\n"));
  const bool number = choice.use == ColumnUse::asNumber;
  unitLabel_->setVisible(number);
  unit_->setVisible(number);
  if (const auto unit = QString::fromStdString(choice.unit); unit_->text() != unit)
    unit_->setText(unit);
  ordering_->setVisible(choice.use == ColumnUse::asOrdinal);
  if (choice.use == ColumnUse::asOrdinal) showOrder(orderOf(preview, column, choice.order));
}

QString TableColumnBox::unit() const {
  return unit_->text();
}

std::vector<std::string> TableColumnBox::order() const {
  std::vector<std::string> names;
  for (int row = 0; row < order_->count(); ++row)
    names.push_back(order_->item(row)->data(Qt::UserRole).toString().toStdString());
  return names;
}

void TableColumnBox::showOrder(const std::vector<std::string>& order) {
  if (order == this->order()) return;
  order_->clear();
  for (const auto& name : order) {
    auto* item = new QListWidgetItem(shortName(shownName(name)), order_);
    item->setData(Qt::UserRole, QString::fromStdString(name));
  }
  if (order_->count() > 0) order_->setCurrentRow(0);
}

void TableColumnBox::move(int by) {
  const int from = order_->currentRow(), to = from + by;
  if (from < 0 || to < 0 || to >= order_->count()) return;
  auto* item = order_->takeItem(from);
  order_->insertItem(to, item);
  order_->setCurrentRow(to);
  emit orderEdited();
}

}  // namespace eq::widgets
