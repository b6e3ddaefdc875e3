#include "widgets/experiment/table_split_bar.h"

#include <algorithm>
#include <utility>

#include <QCheckBox>
#include <QHBoxLayout>
#include <QLabel>

#include "widgets/style/choice_box.h"
#include "widgets/style/number_boxes.h"
#include "widgets/style/plain_text.h"

namespace eq::widgets {
namespace {

constexpr double kMostShare = 90;  // percent
constexpr double kShareStep = 5;

}  // namespace

TableSplitBar::TableSplitBar(QWidget* parent)
    : QWidget(parent),
      way_(new ChoiceBox),
      column_(new ChoiceBox),
      standardize_(new QCheckBox(tr("St&andardise numbers to be predicted"))) {
  const TableDraft usual({});
  auto* layout = new QHBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  validation_ = addShare(tr("&Validation"), tr("Validation"), usual.validation);
  test_ = addShare(tr("T&est"), tr("Test"), usual.test);
  way_->addItem(tr("of rows at random"), "random");
  way_->addItem(tr("in equal shares of each"), "stratified");
  way_->addItem(tr("of whole groups by"), "group");
  way_->addItem(tr("of the last rows by"), "time");
  way_->addItem(tr("as told by"), "given");
  way_->setSizeAdjustPolicy(QComboBox::AdjustToContents);
  way_->setObjectName("split");
  way_->setAccessibleName(tr("How rows are divided"));
  column_->setObjectName("split_column");
  column_->setAccessibleName(tr("Column by which rows are divided"));
  column_->setEnabled(false);
  column_->setMinimumContentsLength(10);
  standardize_->setChecked(usual.standardize);
  standardize_->setToolTip(plainToolTip(
      tr("They are trained with mean 0 and standard deviation 1, so that no task drowns the "
         "others; metrics stay in the column's own unit.")));
  layout->addWidget(way_);
  layout->addWidget(column_);
  layout->addSpacing(12);
  layout->addWidget(standardize_);
  layout->addStretch(1);
  connect(way_, &QComboBox::activated, this, [this] {
    column_->setEnabled(way_->currentIndex() > 0);
    suggestColumn();
    emit edited();
  });
  connect(column_, &QComboBox::activated, this, [this] {
    chosen_ = true;
    emit edited();
  });
  connect(standardize_, &QCheckBox::clicked, this, &TableSplitBar::edited);
}

NumberBox* TableSplitBar::addShare(const QString& text, const QString& name, double share) {
  auto* box = new NumberBox;
  box->setRange(0, kMostShare);
  box->setSingleStep(kShareStep);
  box->setSuffix(" %");
  box->setValue(100 * share);
  box->setAccessibleName(name);
  auto* label = new QLabel(text);
  label->setBuddy(box);
  layout()->addWidget(label);
  layout()->addWidget(box);
  connect(box, &NumberBox::valueChanged, this, &TableSplitBar::edited);
  connect(box, &NumberBox::problemChanged, this, &TableSplitBar::problemChanged);
  return box;
}

void TableSplitBar::show(const TableDraft& draft) {
  for (const auto& [box, share] :
       {std::pair{validation_, draft.validation}, std::pair{test_, draft.test}}) {
    box->setRange(0, std::max(kMostShare, 100 * share));
    box->setValue(100 * share);
  }
  way_->setCurrentIndex(way_->findData(QString::fromStdString(draft.split)));
  column_->setEnabled(way_->currentIndex() > 0);
  standardize_->setChecked(draft.standardize);
  chosen_ = !draft.splitColumn.empty();
}

void TableSplitBar::take(TableDraft& draft) const {
  draft.validation = validation_->value() / 100;
  draft.test = test_->value() / 100;
  draft.standardize = standardize_->isChecked();
  draft.split = way_->currentData().toString().toStdString();
  draft.splitColumn =
      draft.split == "random" ? std::string() : column_->currentData().toString().toStdString();
}

void TableSplitBar::setColumns(const data::TableGuesses& guesses, const TableDraft& draft) {
  const auto former = draft.splitColumn.empty() ? column_->currentData().toString()
                                                : QString::fromStdString(draft.splitColumn);
  column_->clear();
  dates_.clear(), classes_.clear();
  for (std::size_t i = 0; i < guesses.columns.size(); ++i) {
    const auto& guess = guesses.columns[i];
    const auto name = QString::fromStdString(guess.name);
    column_->addItem(shortName(shownName(guess.name), kNameInBox), name);
    if (guess.kind == data::ColumnKind::date && dates_.isEmpty()) dates_ = name;
    const auto use = draft.choice(guesses, i).use;
    if (isPredicted(use) && use != ColumnUse::asNumber && classes_.isEmpty()) classes_ = name;
  }
  if (column_->findData(former) < 0 && !draft.splitColumn.empty())
    column_->addItem(shortName(shownName(former), kNameInBox), former);
  if (const int again = column_->findData(former); again >= 0) column_->setCurrentIndex(again);
}

/// What most likely goes with the way; a column chosen by hand stays.
void TableSplitBar::suggestColumn() {
  const auto way = way_->currentData().toString();
  const auto name = way == "time" ? dates_ : way == "stratified" ? classes_ : QString();
  const int at = name.isEmpty() ? -1 : column_->findData(name);
  if (!chosen_ && at >= 0) column_->setCurrentIndex(at);
}

QString TableSplitBar::problem() const {
  for (const auto* box : {validation_, test_})
    if (!box->problem().isEmpty()) return tr("%1: %2").arg(box->accessibleName(), box->problem());
  return {};
}

}  // namespace eq::widgets
