#include "widgets/predictions/predictions_page.h"

#include <algorithm>
#include <utility>

#include <QEvent>
#include <QHeaderView>
#include <QLabel>
#include <QScrollBar>
#include <QTableView>
#include <QVBoxLayout>

#include "core/train/predictions/prediction_words.h"
#include "widgets/predictions/confidence_delegate.h"
#include "widgets/predictions/prediction_choices.h"
#include "widgets/predictions/predictions_model.h"
#include "widgets/predictions/work_bar.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/table_copy.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

constexpr int kSoon = 300;                        // ms, in which the cursor may move on
constexpr int kNarrowCell = 70, kWideCell = 260;  // pixels
constexpr std::int64_t kMostInLegend = 20;        // classes

QString textOf(const std::string& text) {
  return shownName(text);
}

/// Columns as wide as what stands in them, within bounds; an input of words takes what is left.
void fitColumns(QTableView& view, const PredictionsModel& model) {
  const int height = std::max(model.pictureHeight(), view.fontMetrics().height()) + 10;
  view.verticalHeader()->setDefaultSectionSize(height);
  const bool words = model.pictureHeight() == 0;
  view.horizontalHeader()->setSectionResizeMode(
      PredictionsModel::kInput, words ? QHeaderView::Stretch : QHeaderView::Interactive);
  for (int column = 0; column < model.columnCount(); ++column) {
    if (column == PredictionsModel::kInput && words) continue;
    view.resizeColumnToContents(column);
    view.setColumnWidth(column, std::clamp(view.columnWidth(column), kNarrowCell, kWideCell));
  }
}

/// A square in the colour of each class and its name; HTML.
QString legendOf(const TaskInfo& task, Theme theme) {
  QStringList entries;
  const auto shown = std::min<std::int64_t>(task.width, kMostInLegend);
  for (std::int64_t one = 0; one < shown; ++one)
    entries << QStringLiteral("<span style=\"color:%1\">■</span> %2")
                   .arg(classColour(theme, one).name(),
                        textOf(train::classText(task, one)).toHtmlEscaped());
  if (shown < task.width) entries << PredictionsPage::tr("and %1 more").arg(task.width - shown);
  return entries.join(QStringLiteral("&nbsp;&nbsp; "));
}

}  // namespace

PredictionsPage::PredictionsPage(QWidget* parent)
    : QWidget(parent),
      choices_(new PredictionChoices(this)),
      words_(new QLabel(this)),
      empty_(new QLabel(this)),
      legend_(new QLabel(this)),
      bar_(new WorkBar(this)),
      view_(new QTableView(this)),
      bars_(new ConfidenceDelegate(this)),
      model_(new PredictionsModel(this)),
      look_(new RecordedLook(this)) {
  for (QLabel* label : {words_, empty_}) label->setTextFormat(Qt::PlainText);
  words_->setWordWrap(true);
  words_->setObjectName("predictions-words");
  empty_->setWordWrap(true);
  empty_->setAlignment(Qt::AlignCenter);
  empty_->setForegroundRole(QPalette::PlaceholderText);
  legend_->setTextFormat(Qt::RichText);
  legend_->setWordWrap(true);
  legend_->hide();
  makeTable();
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(6, 6, 6, 6);
  layout->setSpacing(4);
  layout->addWidget(choices_);
  layout->addWidget(words_);
  layout->addWidget(legend_);
  layout->addWidget(bar_);
  layout->addWidget(empty_, 1);
  layout->addWidget(view_, 1);
  soon_.setSingleShot(true);
  connect(&soon_, &QTimer::timeout, this, &PredictionsPage::askRecorded);
  connect(choices_, &PredictionChoices::againRequested, this, &PredictionsPage::askRecorded);
  connect(choices_, &PredictionChoices::changed, this, &PredictionsPage::askAnew);
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
  view_->horizontalHeader()->setMinimumSectionSize(kNarrowCell);
  new TableCopy(*view_, tr("Predictions"));
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
  if (!any) legend_->hide();
  view_->setVisible(any);
  empty_->setVisible(!any);
}

QString PredictionsPage::words() const {
  return words_->text();
}

void PredictionsPage::showNothing(const QString& why) {
  source_ = Source::nothing;
  look_->forget();
  takeTasks({});
  model_->clear();
  say(why);
  ask();
}

void PredictionsPage::showLive(const std::vector<TaskInfo>& tasks) {
  source_ = Source::live;
  look_->forget();
  asked_.reset();
  takeTasks(tasks);
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
    takeTasks(tasks);
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

void PredictionsPage::takeTasks(const std::vector<TaskInfo>& tasks) {
  choices_->setTasks(tasks);
  choices_->setRepeatable(source_ == Source::recorded);
}

void PredictionsPage::askAnew() {
  stale_ = true;
  ask();
}

void PredictionsPage::ask() {
  const bool seen = isVisible() && choices_->any();
  std::optional<train::PredictionRequest> wanted;
  if (seen && source_ == Source::live) wanted = choices_->request();
  if (wanted != asked_) {
    asked_ = wanted;
    emit liveWanted(wanted);
  }
  if (seen && source_ == Source::recorded && stale_) askRecorded();
}

void PredictionsPage::askRecorded() {
  if (source_ != Source::recorded || !choices_->any()) return;
  soon_.stop();
  stale_ = false;
  look_->ask(run_, cursor_, choices_->request());
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
  choices_->showPlace(page);
  auto text = tr("%1, %2 split: %3. Worst first by %4.")
                  .arg(place, textOf(toText(page.request.split)), textOf(train::countsText(page)),
                       textOf(train::measureText(page)));
  if (!page.interval.empty()) text += tr(" Intervals: %1.").arg(textOf(page.interval));
  if (page.rows.empty()) text += tr(" No example passes the filter.");
  say(text);
  showLegend();
  if (fits) fitColumns(*view_, *model_);
  if (!fits) {
    view_->verticalScrollBar()->setValue(scrolled);
    if (kept >= 0 && kept < model_->rowCount()) view_->setCurrentIndex(model_->index(kept, 0));
  }
}

void PredictionsPage::showLegend() {
  const auto& page = model_->page();
  const bool maps = page.info.kind == TaskKind::segmentation && !page.rows.empty();
  if (maps) legend_->setText(legendOf(page.info, themeOf(*this)));
  legend_->setVisible(maps);
}

void PredictionsPage::choose(std::size_t task, train::SplitName split, std::int64_t target,
                             std::int64_t predicted) {
  if (choices_->choose(task, split, target, predicted)) askAnew();
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
  if (event->type() != QEvent::PaletteChange || model_->rowCount() == 0) return;
  model_->setPalette(palette());
  showLegend();
}

}  // namespace eq::widgets
