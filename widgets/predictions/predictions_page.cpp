#include "widgets/predictions/predictions_page.h"

#include <algorithm>
#include <utility>

#include <QComboBox>
#include <QEvent>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QScrollBar>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

#include "core/train/predictions/prediction_words.h"
#include "widgets/predictions/confidence_delegate.h"
#include "widgets/predictions/predictions_model.h"
#include "widgets/predictions/work_bar.h"
#include "widgets/style/choice_box.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/table_copy.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

using train::PredictionFilter;
using train::SplitName;

constexpr int kPage = 50;   // examples
constexpr int kSoon = 300;  // ms, in which the cursor may move on
constexpr int kAnyClass = -1;
constexpr int kWideInput = 260, kWideCell = 120;  // pixels

QString textOf(const std::string& text) {
  return shownName(text);
}

/// As much of the table's columns as it has room for: the input gives way.
void fitColumns(QTableView& view, const PredictionsModel& model) {
  const int text = view.fontMetrics().height();
  const int height = std::max(model.pictureHeight(), text) + 10;
  view.verticalHeader()->setDefaultSectionSize(height);
  for (int column = 0; column < model.columnCount(); ++column) {
    view.resizeColumnToContents(column);
    const int least =
        column == PredictionsModel::kInput && model.pictureHeight() == 0 ? kWideInput : kWideCell;
    if (column != PredictionsModel::kExample)
      view.setColumnWidth(column, std::max(least, std::min(view.columnWidth(column), 2 * least)));
  }
}

}  // namespace

PredictionsPage::PredictionsPage(QWidget* parent)
    : QWidget(parent),
      place_(new QLabel(this)),
      words_(new QLabel(this)),
      empty_(new QLabel(this)),
      bar_(new WorkBar(this)),
      view_(new QTableView(this)),
      bars_(new ConfidenceDelegate(this)),
      model_(new PredictionsModel(this)),
      look_(new RecordedLook(this)) {
  for (QLabel* label : {words_, empty_, place_}) label->setTextFormat(Qt::PlainText);
  words_->setWordWrap(true);
  words_->setObjectName("predictions-words");
  empty_->setWordWrap(true);
  empty_->setAlignment(Qt::AlignCenter);
  empty_->setForegroundRole(QPalette::PlaceholderText);
  makeTable();
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(6, 6, 6, 6);
  layout->setSpacing(4);
  layout->addLayout(makeChoices());
  layout->addLayout(makeFilters());
  layout->addWidget(words_);
  layout->addWidget(bar_);
  layout->addWidget(empty_, 1);
  layout->addWidget(view_, 1);
  soon_.setSingleShot(true);
  connect(&soon_, &QTimer::timeout, this, &PredictionsPage::askRecorded);
  connectLook();
  showNothing(tr("No run in focus. Start one, or open one from the table of runs."));
}

void PredictionsPage::makeTable() {
  view_->setModel(model_);
  view_->setItemDelegateForColumn(PredictionsModel::kJudgement, bars_);
  view_->setAccessibleName(tr("Predictions"));
  view_->setAlternatingRowColors(true);
  view_->setShowGrid(false);
  view_->setWordWrap(true);
  view_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  view_->setSelectionBehavior(QAbstractItemView::SelectRows);
  view_->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
  view_->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
  view_->setTabKeyNavigation(false);
  view_->verticalHeader()->hide();
  view_->horizontalHeader()->setStretchLastSection(true);
  new TableCopy(*view_, tr("Predictions"));
}

QComboBox* PredictionsPage::makeBox(const QString& name, const QString& help) {
  auto* box = new ChoiceBox(this);
  box->setAccessibleName(name);
  box->setToolTip(help);
  box->setSizeAdjustPolicy(QComboBox::AdjustToContents);
  connect(box, &QComboBox::activated, this, &PredictionsPage::change);
  return box;
}

QLayout* PredictionsPage::makeChoices() {
  task_ = makeBox(tr("Task"), tr("Whose predictions are shown"));
  split_ = makeBox(tr("Split"), tr("Which part of the data"));
  for (const auto& [text, split] :
       {std::pair(tr("Validation"), SplitName::validation), std::pair(tr("Test"), SplitName::test),
        std::pair(tr("Training"), SplitName::train)})
    split_->addItem(text, static_cast<int>(split));
  const auto button = [this](const QString& text, const QString& name, int pages) {
    auto* made = new QToolButton(this);
    made->setText(text);
    made->setAccessibleName(name);
    made->setToolTip(name);
    if (pages != 0) connect(made, &QToolButton::clicked, this, [this, pages] { turn(pages); });
    return made;
  };
  before_ = button(QStringLiteral("◀"), tr("Worse examples"), -1);
  after_ = button(QStringLiteral("▶"), tr("Better examples"), 1);
  again_ = button(tr("Evaluate"), tr("Evaluate the recorded run again"), 0);
  connect(again_, &QToolButton::clicked, this, &PredictionsPage::askRecorded);
  auto* row = new QHBoxLayout;
  row->addWidget(new QLabel(tr("Task")));
  row->addWidget(task_);
  row->addWidget(new QLabel(tr("Split")));
  row->addWidget(split_);
  row->addWidget(again_);
  row->addStretch();
  row->addWidget(place_);
  row->addWidget(before_);
  row->addWidget(after_);
  return row;
}

QLayout* PredictionsPage::makeFilters() {
  target_ = makeBox(tr("True class"), tr("Only examples whose target is this class"));
  predicted_ = makeBox(tr("Predicted class"), tr("Only examples that are predicted as this class"));
  outcome_ = makeBox(tr("Right or wrong"), tr("Only wrong ones, or only right ones"));
  outcome_->addItem(tr("All"), static_cast<int>(PredictionFilter::Outcome::any));
  outcome_->addItem(tr("Wrong only"), static_cast<int>(PredictionFilter::Outcome::wrong));
  outcome_->addItem(tr("Right only"), static_cast<int>(PredictionFilter::Outcome::right));
  auto* row = new QHBoxLayout;
  row->addWidget(new QLabel(tr("True")));
  row->addWidget(target_);
  row->addWidget(new QLabel(tr("Predicted")));
  row->addWidget(predicted_);
  row->addWidget(outcome_);
  row->addStretch();
  return row;
}

void PredictionsPage::connectLook() {
  connect(look_, &RecordedLook::began, bar_, &WorkBar::begin);
  connect(look_, &RecordedLook::progressed, bar_, &WorkBar::setProgress);
  connect(look_, &RecordedLook::ended, bar_, &WorkBar::hide);
  connect(look_, &RecordedLook::failed, this, &PredictionsPage::takeProblem);
  connect(look_, &RecordedLook::found, this,
          [this](const train::PredictionPage& page, const QString& remarks) {
            auto place = tr("Checkpoint of step %1").arg(countText(page.step));
            if (cursor_ && *cursor_ != page.step)
              place += tr(" (the cursor is at step %1)").arg(countText(*cursor_));
            display(page, place);
            if (!remarks.isEmpty()) say(words_->text() + '\n' + tr("Note: %1").arg(remarks));
          });
  connect(bar_, &WorkBar::cancelled, this, [this] {
    look_->cancel();
    model_->clear();
    say(tr("The evaluation was cancelled. Evaluate begins it again."));
  });
}

void PredictionsPage::say(const QString& text) {
  const bool any = model_->rowCount() > 0;
  words_->setText(text);
  empty_->setText(text);
  words_->setVisible(any);
  view_->setVisible(any);
  empty_->setVisible(!any);
}

QString PredictionsPage::words() const {
  return words_->text();
}

void PredictionsPage::showNothing(const QString& why) {
  source_ = Source::nothing;
  look_->forget();
  setTasks({});
  model_->clear();
  say(why);
  ask();
}

void PredictionsPage::showLive(const std::vector<TaskInfo>& tasks) {
  source_ = Source::live;
  look_->forget();
  asked_.reset();
  setTasks(tasks);
  model_->clear();
  say(tr("Waiting for the run to tell of its predictions."));
  ask();
}

void PredictionsPage::showRecorded(const std::filesystem::path& run,
                                   const std::vector<TaskInfo>& tasks,
                                   std::optional<std::int64_t> step) {
  const bool same = source_ == Source::recorded && run == run_;
  source_ = Source::recorded;
  run_ = run;
  cursor_ = step;
  stale_ = true;
  if (!same) {
    look_->forget();
    setTasks(tasks);
    model_->clear();
    say(tr("The recorded run is evaluated at its newest checkpoint."));
  }
  ask();
}

void PredictionsPage::setCursorStep(std::optional<std::int64_t> step) {
  if (step == cursor_) return;
  cursor_ = step;
  if (source_ != Source::recorded) return;
  stale_ = true;
  if (isVisible()) soon_.start(kSoon);
}

void PredictionsPage::setTasks(const std::vector<TaskInfo>& tasks) {
  const auto before = task_->currentText();
  tasks_ = tasks;
  task_->clear();
  for (const auto& task : tasks) task_->addItem(shortName(QString::fromStdString(task.name)));
  task_->setCurrentIndex(tasks.empty() ? -1 : std::max(0, task_->findText(before)));
  for (QComboBox* box : {task_, split_}) box->setEnabled(!tasks.empty());
  again_->setVisible(source_ == Source::recorded);
  first_ = 0;
  fillClasses();
}

void PredictionsPage::fillClasses() {
  const int index = task_->currentIndex();
  const bool any = index >= 0 && hasClasses(tasks_[static_cast<std::size_t>(index)].kind);
  const bool judged =
      index >= 0 && tasks_[static_cast<std::size_t>(index)].kind != TaskKind::regression;
  for (QComboBox* box : {target_, predicted_}) {
    const auto before = box->currentText();
    box->clear();
    box->addItem(tr("Any class"), kAnyClass);
    box->setEnabled(any);
    if (!any) continue;
    const auto& task = tasks_[static_cast<std::size_t>(index)];
    const auto classes = task.kind == TaskKind::binary ? 2 : task.width;
    for (std::int64_t one = 0; one < classes; ++one)
      box->addItem(shortName(QString::fromStdString(train::classText(task, one))),
                   static_cast<qlonglong>(one));
    box->setCurrentIndex(std::max(0, box->findText(before)));
  }
  outcome_->setEnabled(judged);
  if (!judged) outcome_->setCurrentIndex(0);
}

void PredictionsPage::change() {
  first_ = 0;
  if (sender() == task_) {
    for (QComboBox* box : {target_, predicted_}) box->setCurrentIndex(0);
    fillClasses();
  }
  stale_ = true;
  ask();
}

void PredictionsPage::turn(int pages) {
  first_ = std::max<std::int64_t>(0, first_ + pages * kPage);
  stale_ = true;
  ask();
}

train::PredictionRequest PredictionsPage::request() const {
  train::PredictionRequest request;
  request.task = static_cast<std::size_t>(task_->currentIndex());
  request.split = static_cast<SplitName>(split_->currentData().toInt());
  const auto chosen = [](const QComboBox& box) {
    const auto number = box.currentData().toLongLong();
    return number == kAnyClass ? std::nullopt : std::optional<std::int64_t>(number);
  };
  request.filter.target = chosen(*target_);
  request.filter.predicted = chosen(*predicted_);
  request.filter.outcome = static_cast<PredictionFilter::Outcome>(outcome_->currentData().toInt());
  request.first = first_;
  request.count = kPage;
  return request;
}

void PredictionsPage::ask() {
  const bool seen = isVisible() && task_->currentIndex() >= 0;
  std::optional<train::PredictionRequest> wanted;
  if (seen && source_ == Source::live) wanted = request();
  if (wanted != asked_) {
    asked_ = wanted;
    emit liveWanted(wanted);
  }
  if (seen && source_ == Source::recorded && stale_) askRecorded();
}

void PredictionsPage::askRecorded() {
  if (source_ != Source::recorded || task_->currentIndex() < 0) return;
  soon_.stop();
  stale_ = false;
  look_->ask(run_, cursor_, request());
}

void PredictionsPage::takePage(const train::PredictionPage& page) {
  if (source_ != Source::live || !asked_ || page.request != *asked_) return;
  display(page, tr("Step %1").arg(countText(page.step)));
}

void PredictionsPage::takeProblem(const QString& problem) {
  asked_.reset();
  model_->clear();
  say(shownText(problem));
}

void PredictionsPage::display(const train::PredictionPage& page, const QString& place) {
  const int kept = view_->currentIndex().row();
  const int scrolled = view_->verticalScrollBar()->value();
  const bool fits = model_->page().info.name != page.info.name || model_->rowCount() == 0 ||
                    model_->page().request != page.request;
  model_->show(page, palette());
  bars_->setBars(model_->hasConfidence());
  matching_ = page.matching;
  const auto last = first_ + static_cast<std::int64_t>(page.rows.size());
  place_->setText(
      page.rows.empty()
          ? QString()
          : tr("%1–%2 of %3").arg(countText(first_ + 1), countText(last), countText(matching_)));
  before_->setEnabled(first_ > 0);
  after_->setEnabled(last < matching_);
  auto text = tr("%1, %2 split: %3. Worst first by %4.")
                  .arg(place, textOf(toText(page.request.split)), textOf(train::countsText(page)),
                       textOf(train::measureText(page)));
  if (!page.interval.empty()) text += tr(" Intervals: %1.").arg(textOf(page.interval));
  if (page.rows.empty()) text += tr(" No example passes the filter.");
  say(text);
  if (fits) fitColumns(*view_, *model_);
  if (!fits) {
    view_->verticalScrollBar()->setValue(scrolled);
    if (kept >= 0 && kept < model_->rowCount()) view_->setCurrentIndex(model_->index(kept, 0));
  }
}

void PredictionsPage::choose(std::size_t task, SplitName split, std::int64_t target,
                             std::int64_t predicted) {
  if (task >= tasks_.size()) return;
  task_->setCurrentIndex(static_cast<int>(task));
  split_->setCurrentIndex(split_->findData(static_cast<int>(split)));
  fillClasses();
  target_->setCurrentIndex(target_->findData(static_cast<qlonglong>(target)));
  predicted_->setCurrentIndex(predicted_->findData(static_cast<qlonglong>(predicted)));
  outcome_->setCurrentIndex(0);
  first_ = 0;
  stale_ = true;
  ask();
}

void PredictionsPage::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  ask();
}

void PredictionsPage::hideEvent(QHideEvent* event) {
  QWidget::hideEvent(event);
  ask();
}

void PredictionsPage::changeEvent(QEvent* event) {
  QWidget::changeEvent(event);
  if (event->type() == QEvent::PaletteChange && model_->rowCount() > 0)
    model_->setPalette(palette());
}

}  // namespace eq::widgets
