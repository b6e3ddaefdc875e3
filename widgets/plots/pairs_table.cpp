#include "widgets/plots/pairs_table.h"

#include <QHeaderView>
#include <QLabel>
#include <QSortFilterProxyModel>
#include <QTableView>
#include <QTimer>
#include <QVBoxLayout>

#include "widgets/plots/pairs_model.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/table_copy.h"
#include "widgets/style/typed_number.h"
#include "widgets/style/view_hint.h"

namespace eq::widgets {
namespace {

constexpr int kPause = 400;  // ms between two looks at a run that goes on
constexpr int kNameWidth = 150;

}  // namespace

PairsTable::PairsTable(const RunData& data, QWidget* parent)
    : QWidget(parent),
      data_(data),
      model_(new PairsModel(data, this)),
      sorted_(new QSortFilterProxyModel(this)),
      view_(new QTableView(this)),
      words_(new QLabel(this)),
      later_(new QTimer(this)) {
  setAccessibleName(tr("Pairs of tasks"));
  sorted_->setSourceModel(model_);
  sorted_->setSortRole(Qt::UserRole);
  view_->setAccessibleName(tr("Pairs of tasks"));
  view_->setModel(sorted_);
  view_->setSortingEnabled(true);
  view_->sortByColumn(PairsModel::kMean, Qt::AscendingOrder);
  view_->setSelectionBehavior(QAbstractItemView::SelectRows);
  view_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  view_->verticalHeader()->hide();
  view_->verticalHeader()->setDefaultSectionSize(view_->fontMetrics().height() + 6);
  view_->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
  view_->setColumnWidth(PairsModel::kPair, kNameWidth);
  for (int column = PairsModel::kMean; column < PairsModel::kColumns; ++column)
    view_->resizeColumnToContents(column);
  new TableCopy(*view_, tr("Pairs of tasks"));
  new ViewHint(view_, tr("The pairs of tasks stand here from the first sampled step on."));
  words_->setTextFormat(Qt::PlainText);
  words_->setForegroundRole(QPalette::PlaceholderText);
  words_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
  words_->setMargin(4);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(4, 0, 4, 4);
  layout->setSpacing(0);
  layout->addWidget(words_);
  layout->addWidget(view_, 1);
  later_->setSingleShot(true);
  later_->setInterval(kPause);
  connect(later_, &QTimer::timeout, this, &PairsTable::refresh);
  connect(&data, &RunData::changed, this, &PairsTable::refreshLater);
  connect(&data, &RunData::restarted, this, &PairsTable::refresh);
}

QString PairsTable::words() const {
  return words_->text();
}

void PairsTable::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  refresh();
}

void PairsTable::refreshLater() {
  if (isVisible() && !later_->isActive()) later_->start();
}

void PairsTable::refresh() {
  model_->refresh();
  if (model_->rowCount() == 0) return words_->clear();
  const int worst = data_.newestConflictTrack().worstPairs().front();
  const auto at = [&](int column) {
    return model_->index(worst, column).data(Qt::DisplayRole).toString();
  };
  words_->setText(tr("Worst of %1: %2, mean cosine %3, in conflict at %4 of the samples")
                      .arg(widgets::countText(data_.pairCount()), at(PairsModel::kPair),
                           at(PairsModel::kMean), at(PairsModel::kFrequency)));
  words_->setToolTip(plainToolTip(words_->text()));
}

}  // namespace eq::widgets
