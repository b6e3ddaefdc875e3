#include "widgets/lab/merge_lab_page.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QSplitter>
#include <QTableView>
#include <QVBoxLayout>

#include "core/run/lab/merge_lab.h"
#include "widgets/lab/coefficient_rows.h"
#include "widgets/lab/lab_words.h"
#include "widgets/lab/lab_work.h"
#include "widgets/lab/layer_bars.h"
#include "widgets/lab/scores_model.h"
#include "widgets/lab/vector_map.h"
#include "widgets/style/elided_label.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/table_copy.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

constexpr int kRest = 250;  // ms without a move

QString examplesText(const run::LabScores& scores) {
  if (scores.examples == scores.of)
    return MergeLabPage::tr("All %1 validation examples.").arg(countText(scores.of));
  return MergeLabPage::tr("%1 of %2 validation examples; all of them as soon as the sliders rest.")
      .arg(countText(scores.examples), countText(scores.of));
}

CoefficientRows::Row rowOf(const run::LabFacts& facts, std::size_t expert) {
  const auto& one = facts.experts[expert];
  QStringList tasks;
  for (const auto& task : one.tasks) tasks << shownName(task);
  return {shownName(one.name), MergeLabPage::tr("%1, step %2; trains %3; ‖τ‖ %4")
                                   .arg(shownName(one.given), countText(one.step), tasks.join(", "),
                                        shortText(facts.vectors[0].norms[expert]))};
}

}  // namespace

MergeLabPage::MergeLabPage(const RunData& data, PlotLink& link,
                           const std::filesystem::path& workspace, QWidget* parent)
    : QWidget(parent),
      workspace_(workspace),
      words_(new QLabel(this)),
      notes_(new ElidedLabel(this)),
      empty_(new QLabel(this)),
      rows_(new CoefficientRows),
      table_(new QTableView),
      model_(new ScoresModel(this)),
      map_(new VectorMap(data, link)),
      bars_(new LayerBars(data, link)),
      content_(new QSplitter(this)),
      work_(new LabWork(this)) {
  for (QLabel* label : {words_, notes_, empty_}) label->setTextFormat(Qt::PlainText);
  words_->setWordWrap(true);
  notes_->setForegroundRole(QPalette::PlaceholderText);
  empty_->setWordWrap(true);
  empty_->setAlignment(Qt::AlignCenter);
  empty_->setForegroundRole(QPalette::PlaceholderText);
  auto* pictures = new QSplitter(Qt::Vertical);
  pictures->addWidget(map_);
  pictures->addWidget(bars_);
  content_->addWidget(makeLeft());
  content_->addWidget(pictures);
  for (auto* splitter : {content_, pictures}) splitter->setChildrenCollapsible(false);
  content_->setSizes({500, 500});
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(6, 6, 6, 6);
  layout->setSpacing(4);
  layout->addWidget(makeBar());
  layout->addWidget(empty_, 1);
  layout->addWidget(content_, 1);
  rest_.setSingleShot(true);
  rest_.setInterval(kRest);
  connect(&rest_, &QTimer::timeout, this, &MergeLabPage::askWhole);
  connect(rows_, &CoefficientRows::changed, this, &MergeLabPage::ask);
  connect(rows_, &CoefficientRows::released, this, &MergeLabPage::askWhole);
  connectWork();
  showNothing(
      tr("Choose experts in the table of runs, forks of one run at one step that train a task "
         "each, and take them here. \"equipoise-cli experts RUN\" makes them."));
}

QWidget* MergeLabPage::makeBar() {
  auto* bar = new QWidget(this);
  take_ = new QPushButton(tr("Take the chosen runs"), bar);
  take_->setToolTip(tr("Open the runs that are chosen in the table of runs as experts"));
  save_ = new QPushButton(tr("Save as run"), bar);
  save_->setToolTip(tr("Write the merged model as a fork of the base into the workspace"));
  train_ = new QPushButton(tr("Train on from here"), bar);
  train_->setToolTip(tr("Save the merged model as a run, and go on training it"));
  connect(take_, &QPushButton::clicked, this, &MergeLabPage::runsWanted);
  connect(save_, &QPushButton::clicked, this, [this] { save(false); });
  connect(train_, &QPushButton::clicked, this, [this] { save(true); });
  auto* layout = new QHBoxLayout(bar);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(take_);
  layout->addWidget(notes_, 1);
  layout->addWidget(save_);
  layout->addWidget(train_);
  return bar;
}

QWidget* MergeLabPage::makeLeft() {
  makeTable();
  auto* left = new QWidget;
  auto* layout = new QVBoxLayout(left);
  layout->setContentsMargins(0, 0, 4, 0);
  layout->setSpacing(6);
  layout->addWidget(rows_);
  layout->addWidget(words_);
  layout->addWidget(table_, 1);
  return left;
}

void MergeLabPage::makeTable() {
  table_->setModel(model_);
  table_->setAccessibleName(tr("Merged model"));
  table_->setAlternatingRowColors(true);
  table_->setShowGrid(false);
  table_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  table_->setSelectionBehavior(QAbstractItemView::SelectRows);
  table_->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
  table_->setTabKeyNavigation(false);
  table_->verticalHeader()->hide();
  table_->verticalHeader()->setDefaultSectionSize(table_->fontMetrics().height() + 8);
  new TableCopy(*table_, tr("Merged model"));
}

void MergeLabPage::connectWork() {
  connect(work_, &LabWork::opened, this, qOverload<const run::LabFacts&>(&MergeLabPage::take));
  connect(work_, &LabWork::scored, this, qOverload<const run::LabScores&>(&MergeLabPage::take));
  connect(work_, &LabWork::openingFailed, this,
          [this](const QString& problem) { showNothing(shownText(problem)); });
  connect(work_, &LabWork::masked, map_, &VectorMap::setMasks);
  connect(map_, &VectorMap::masksWanted, this, [this] {
    if (work_->isOpen()) work_->askMasks(run::usualLambda("tall_masks"));
  });
  connect(work_, &LabWork::saved, this,
          [this](const std::filesystem::path& folder, const QStringList& warnings) {
            updateActions();
            emit saved(folder, warnings.join("; "), trains_);
          });
  connect(work_, &LabWork::failed, this, [this](const QString& problem) {
    updateActions();
    emit problemMet(shownText(problem));
  });
}

void MergeLabPage::showNothing(const QString& text) {
  facts_.reset();
  rest_.stop();
  model_->clear();
  map_->setFacts({});
  bars_->setFacts({});
  notes_->clear();
  empty_->setText(text);
  empty_->show();
  content_->hide();
  updateActions();
}

void MergeLabPage::open(const std::vector<std::filesystem::path>& runs) {
  showNothing(tr("Reading base, experts and data."));
  work_->open(runs);
}

void MergeLabPage::take(const run::LabFacts& facts) {
  facts_ = facts;
  std::vector<CoefficientRows::Row> rows;
  for (std::size_t k = 0; k < facts.experts.size(); ++k) rows.push_back(rowOf(facts, k));
  rows_->setRows(rows, run::usualLambda("task_arithmetic"));
  map_->setFacts(facts);
  bars_->setFacts(facts);
  QStringList notes{
      tr("Base: %1 at step %2").arg(shownName(facts.baseName), countText(facts.baseStep))};
  for (const auto& warning : facts.warnings) notes << shownName(warning);
  notes_->setText(notes.join("; "));
  words_->clear();
  empty_->hide();
  content_->show();
  updateActions();
  ask();
}

void MergeLabPage::take(const run::LabScores& scores) {
  if (!facts_) return;
  const bool first = model_->rowCount() == 0;
  model_->show(scores, names(), palette());
  words_->setText(examplesText(scores));
  if (first) table_->resizeColumnsToContents();
  if (scores.examples < scores.of && !rows_->isHeld()) rest_.start();
}

void MergeLabPage::ask() {
  rest_.stop();
  if (work_->isOpen()) work_->ask({rows_->coefficients()});
}

void MergeLabPage::askWhole() {
  rest_.stop();
  if (work_->isOpen() && facts_->examples < facts_->of) work_->askWhole({rows_->coefficients()});
}

void MergeLabPage::save(bool trains) {
  if (!work_->isOpen() || work_->isSaving()) return;
  trains_ = trains;
  work_->save({rows_->coefficients()}, workspace_);
  updateActions();
}

void MergeLabPage::updateActions() {
  const bool saves = work_->isSaving();
  for (auto* button : {save_, train_}) button->setEnabled(work_->isOpen() && !saves);
  save_->setText(saves ? tr("Saving…") : tr("Save as run"));
}

QStringList MergeLabPage::names() const {
  return expertNames(*facts_);
}

std::vector<PlotPanel*> MergeLabPage::plots() const {
  return {map_, bars_};
}

QString MergeLabPage::words() const {
  return facts_ ? words_->text() : empty_->text();
}

bool MergeLabPage::isBusy() const {
  return work_->isBusy();
}

void MergeLabPage::changeEvent(QEvent* event) {
  QWidget::changeEvent(event);
  if (event->type() == QEvent::PaletteChange && facts_ && model_->rowCount() > 0)
    model_->show(model_->scores(), names(), palette());
}

}  // namespace eq::widgets
