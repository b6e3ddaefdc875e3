#include "widgets/study/compare_panel.h"

#include <utility>

#include <QCheckBox>
#include <QComboBox>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QSortFilterProxyModel>
#include <QTabWidget>
#include <QTableView>
#include <QTimer>
#include <QVBoxLayout>

#include "widgets/session/shown_runs.h"
#include "widgets/study/differences_view.h"
#include "widgets/study/groups_model.h"
#include "widgets/study/single_task_bar.h"
#include "widgets/study/tests_model.h"
#include "widgets/style/field_problem.h"
#include "widgets/style/number_boxes.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/table_copy.h"
#include "widgets/style/view_hint.h"

namespace eq::widgets {
namespace {

constexpr int kSoon = 250;    // ms, in which several choices are made
constexpr int kGrown = 2000;  // ms between two looks at runs that grow
constexpr std::size_t kToldRemarks = 3;

QTableView* makeView(QAbstractItemModel& model, const QString& name, QWidget* parent) {
  auto* view = new QTableView(parent);
  auto* sorted = new QSortFilterProxyModel(view);
  sorted->setSourceModel(&model);
  sorted->setSortRole(Qt::UserRole);
  view->setModel(sorted);
  view->setSortingEnabled(true);
  view->sortByColumn(-1, Qt::AscendingOrder);  // as the runs are, until a person sorts
  view->setAccessibleName(name);
  view->setAlternatingRowColors(true);
  view->setShowGrid(false);
  view->setEditTriggers(QAbstractItemView::NoEditTriggers);
  view->verticalHeader()->hide();
  view->verticalHeader()->setDefaultSectionSize(view->fontMetrics().height() + 8);
  view->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
  new TableCopy(*view, name);
  return view;
}

}  // namespace

ComparePanel::ComparePanel(const std::filesystem::path& workspace, ShownRuns& shown,
                           QWidget* parent)
    : QWidget(parent),
      shown_(shown),
      single_(new SingleTaskBar(workspace, this)),
      problem_(new ProblemLabel(this)),
      notes_(new QLabel(this)),
      groups_(new GroupsModel(this)),
      tests_(new TestsModel(this)),
      what_(new DifferencesView(this)),
      work_(new NewestWork(this)),
      later_(new QTimer(this)) {
  notes_->setTextFormat(Qt::PlainText);
  notes_->setWordWrap(true);
  notes_->setForegroundRole(QPalette::PlaceholderText);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(6, 6, 6, 6);
  layout->setSpacing(4);
  layout->addWidget(makeChoices());
  layout->addWidget(makeGroupChoices());
  layout->addWidget(single_);
  layout->addWidget(problem_);
  layout->addWidget(notes_);
  layout->addWidget(makeTabs(), 1);
  later_->setSingleShot(true);
  connectWork();
}

QTabWidget* ComparePanel::makeTabs() {
  tabs_ = new QTabWidget(this);
  tabs_->setDocumentMode(true);
  auto* groups = makeView(*groups_, tr("Groups of runs"), tabs_);
  new ViewHint(groups, tr("Runs that are shown in the plots, or chosen in the table of runs, are "
                          "compared here."));
  auto* tests = makeView(*tests_, tr("Tests against the baseline"), tabs_);
  tests->horizontalHeader()->setStretchLastSection(true);
  new ViewHint(tests, tr("Choose a baseline: each other group is tested against it, in pairs of "
                         "equal seed."));
  tabs_->addTab(groups, tr("Groups"));
  tabs_->addTab(tests, tr("Tests"));
  tabs_->addTab(what_, tr("What differs"));
  return tabs_;
}

void ComparePanel::connectWork() {
  connect(later_, &QTimer::timeout, this, &ComparePanel::compareNow);
  connect(single_, &SingleTaskBar::changed, this, &ComparePanel::askAgain);
  connect(single_, &SingleTaskBar::problemMet, this, &ComparePanel::problemMet);
  connect(what_, &DifferencesView::problemMet, this, &ComparePanel::problemMet);
  connect(&shown_, &ShownRuns::changed, this, &ComparePanel::askAgain);
  connect(&shown_, &ShownRuns::grew, this, [this] {
    stale_ = true;
    if (isVisible() && !later_->isActive()) later_->start(kGrown);
  });
  connect(work_, &NewestWork::progressed, this, [this](int done, int all) {
    notes_->setText(tr("reads run %1 of %2").arg(done).arg(all));
  });
  connect(work_, &NewestWork::failed, this, [this](const QString& problem) {
    const bool typed = !by_->text().trimmed().isEmpty();
    if (typed) markProblem(*by_, problem);
    problem_->setProblem(shownName(problem));
    notes_->clear();
  });
}

void ComparePanel::setChosen(const std::vector<std::filesystem::path>& folders) {
  chosen_ = folders;
  if (source_->currentIndex() == kChosen) askAgain();
}

void ComparePanel::setListed(const std::vector<std::filesystem::path>& folders) {
  listed_ = folders;
  if (source_->currentIndex() == kListed) askAgain();
}

void ComparePanel::setSource(Source source) {
  source_->setCurrentIndex(source);
}

QString ComparePanel::remarks() const {
  return problem_->isHidden() ? notes_->text() : problem_->text();
}

bool ComparePanel::isUpToDate() const {
  return !stale_ && !later_->isActive() && !work_->isBusy();
}

void ComparePanel::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  if (stale_) askAgain();
}

void ComparePanel::askAgain() {
  stale_ = true;
  if (isVisible()) later_->start(kSoon);
}

void ComparePanel::compareNow() {
  stale_ = false;
  const auto asked = question();
  work_->ask([this, asked](const NewestWork::Progress& progress) -> NewestWork::Done {
    auto view = asked.folders.empty() ? nullptr : readComparison(asked, progress);
    return [this, view = std::move(view)] { take(view); };
  });
}

void ComparePanel::take(const ComparisonPtr& view) {
  view_ = view;
  markProblem(*by_, {});
  problem_->setProblem({});
  groups_->show(view);
  tests_->show(view);
  std::vector<std::filesystem::path> places;
  if (view)
    for (const auto& run : view->runs.runs) places.push_back(run.folder);
  what_->offer(places, view ? view->names : QStringList());
  offerBaselines();
  offerSource();
  showRemarks();
}

void ComparePanel::showRemarks() {
  QStringList texts;
  if (view_)
    for (const auto& remark : view_->remarks) texts << shownName(remark);
  notes_->setToolTip(plainToolTip(texts.join('\n')));
  const auto more = texts.size() - static_cast<qsizetype>(kToldRemarks);
  if (more > 0) texts = texts.mid(0, kToldRemarks) << tr("and %1 more").arg(more);
  notes_->setText(texts.join('\n'));
  notes_->setVisible(!texts.isEmpty());
}

/// Single-task runs are made from the baseline, else from the first group.
void ComparePanel::offerSource() {
  if (!view_) return single_->setSource(std::nullopt);
  const auto& groups = view_->comparison.groups;
  const study::ComparedRun* run = groups.front().runs.front();
  SingleTaskBar::Source source;
  for (const auto& group : groups)
    for (const auto* one : group.runs) {
      source.seeds.insert(one->seed);
      if (one->folder == shown_.pinned()) run = one;
    }
  source.experiment = run->trainable();
  source.name = source.experiment.value("name", std::string("run"));
  source.run = run->folder;
  single_->setSource(source.experiment.value("tasks", nlohmann::json::array()).size() == 1
                         ? std::nullopt
                         : std::optional(source));
}

}  // namespace eq::widgets
