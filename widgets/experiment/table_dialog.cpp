#include "widgets/experiment/table_dialog.h"

#include <algorithm>
#include <map>
#include <utility>

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QSplitter>
#include <QTableView>
#include <QVBoxLayout>

#include "core/base/error.h"
#include "core/base/paths.h"
#include "core/data/table_notes.h"
#include "core/train/table_experiment.h"
#include "widgets/experiment/choice_delegate.h"
#include "widgets/experiment/latest_work.h"
#include "widgets/experiment/table_column_box.h"
#include "widgets/experiment/table_columns_model.h"
#include "widgets/experiment/table_reading_bar.h"
#include "widgets/experiment/table_rows_model.h"
#include "widgets/experiment/table_split_bar.h"
#include "widgets/experiment/table_views.h"
#include "widgets/session/run_words.h"
#include "widgets/style/field_problem.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

/// So much is read and looked at within a tenth of a second.
constexpr std::size_t kFront = std::size_t{1} << 18;  // bytes

TableDraft draftOf(const train::Experiment& experiment) {
  const auto& keys = experiment.data.params;
  TableDraft draft(findPath(keys.at("path").get<std::string>(), experiment.folder, "data.path"));
  draft.take(keys);
  return draft;
}

/// By the names of their tasks.
std::map<std::string, nlohmann::json> targetsIn(const nlohmann::json& data) {
  std::map<std::string, nlohmann::json> targets;
  for (const auto& target : data.at("targets"))
    targets[target.value("name", target.at("column").get<std::string>())] = target;
  return targets;
}

}  // namespace

TableDialog::TableDialog(const std::filesystem::path& file, QWidget* parent)
    : TableDialog(TableDraft(std::filesystem::absolute(file)), std::nullopt, parent) {}

TableDialog::TableDialog(const train::Experiment& experiment, QWidget* parent)
    : TableDialog(draftOf(experiment), experiment, parent) {}

TableDialog::TableDialog(TableDraft draft, std::optional<train::Experiment> changed,
                         QWidget* parent)
    : QDialog(parent),
      draft_(std::move(draft)),
      changed_(std::move(changed)),
      work_(new LatestWork(this)),
      columns_(new TableColumnsModel(draft_, this)),
      rows_(new TableRowsModel(this)),
      reading_(new TableReadingBar),
      box_(new TableColumnBox),
      split_(new TableSplitBar),
      summary_(new QLabel),
      readingProblem_(new ProblemLabel) {
  const auto name = titleText(shownName(draft_.file().filename().string()));
  setWindowTitle(changed_ ? tr("Columns and split of %1").arg(name)
                          : tr("A table of your own: %1").arg(name));
  summary_->setObjectName("summary");
  summary_->setTextFormat(Qt::PlainText);
  summary_->setWordWrap(true);
  auto* layout = new QVBoxLayout(this);
  layout->addWidget(summary_);
  layout->addWidget(reading_);
  layout->addWidget(readingProblem_);
  layout->addWidget(makeTables(), 1);
  layout->addWidget(split_);
  layout->addWidget(makeFoot());
  reading_->setKeys(draft_.reading);
  split_->show(draft_);
  connectFields();
  const QSize room = parent ? parent->window()->size() : QSize(1280, 800);
  resize(QSize(1240, 780).boundedTo(room - QSize(24, 24)));
  read();
  columnView_->setFocus();
}

TableDialog::~TableDialog() {
  // The views are hidden and deleted behind what their models look into.
  columnView_->selectionModel()->disconnect(this);
  columnView_->setModel(nullptr);
  rowView_->setModel(nullptr);
}

QWidget* TableDialog::makeTables() {
  columnView_ = new ChoiceTable;
  prepareView(*columnView_, columns_, tr("Columns of the table"));
  columnView_->setItemDelegate(new ChoiceDelegate(TableColumnsModel::ChoicesRole, columnView_));
  columnView_->verticalHeader()->hide();
  columnView_->horizontalHeader()->setStretchLastSection(true);
  rowView_ = new QTableView;
  prepareView(*rowView_, rows_, tr("First rows of the table"));
  rowView_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  auto* below = new QSplitter(Qt::Horizontal);
  below->addWidget(rowView_);
  below->addWidget(box_);
  below->setStretchFactor(0, 3);
  below->setStretchFactor(1, 2);
  auto* all = new QSplitter(Qt::Vertical);
  all->addWidget(columnView_);
  all->addWidget(below);
  all->setStretchFactor(0, 3);
  all->setStretchFactor(1, 2);
  all->setChildrenCollapsible(false);
  return all;
}

QWidget* TableDialog::makeFoot() {
  auto* widget = new QWidget;
  auto* layout = new QHBoxLayout(widget);
  layout->setContentsMargins(0, 0, 0, 0);
  state_ = new QLabel;
  state_->setTextFormat(Qt::PlainText);
  state_->setWordWrap(true);
  state_->setObjectName("state");
  start_ = new QPushButton(tr("Start &training"));
  open_ = new QPushButton(changed_ ? tr("&Apply") : tr("&Open"));
  open_->setToolTip(changed_ ? tr("Change the experiment, and train nothing yet")
                             : tr("Look at the experiment and change it first"));
  auto* cancel = new QPushButton(tr("Cancel"));
  layout->addWidget(state_, 1);
  for (auto* button : {start_, open_, cancel}) {
    button->setAutoDefault(false);  // Return ends the typing of a text and starts nothing
    layout->addWidget(button);
  }
  connect(start_, &QPushButton::clicked, this, [this] { finish(true); });
  connect(open_, &QPushButton::clicked, this, [this] { finish(false); });
  connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
  return widget;
}

void TableDialog::connectFields() {
  connect(reading_, &TableReadingBar::edited, this, &TableDialog::read);
  connect(columns_, &TableColumnsModel::chosen, this, &TableDialog::read);
  connect(columnView_->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
          &TableDialog::showSelected);
  connect(box_, &TableColumnBox::unitEdited, this, &TableDialog::takeColumn);
  connect(box_, &TableColumnBox::orderEdited, this, &TableDialog::takeColumn);
  connect(split_, &TableSplitBar::edited, this, [this] {
    split_->take(draft_);
    columns_->refresh();
    check();
  });
  connect(split_, &TableSplitBar::problemChanged, this, &TableDialog::showState);
}

// --- Reading and checking

void TableDialog::read() {
  draft_.reading = reading_->keys();
  work_->forget();
  try {
    takePreview(std::make_shared<data::TablePreview>(
        data::previewTable(draft_.file(), draft_.readingKeys(), kFront)));
  } catch (const Error& error) {
    failToRead(error.what());
  }
}

void TableDialog::readAll() {
  work_->ask([file = draft_.file(), keys = draft_.readingKeys(), this]() -> LatestWork::Answer {
    try {
      auto all = std::make_shared<data::TablePreview>(data::previewTable(file, keys));
      return [this, all] { takePreview(all); };
    } catch (const std::exception& error) {
      return [this, message = std::string(error.what())] { failToRead(message); };
    }
  });
}

void TableDialog::takePreview(std::shared_ptr<const data::TablePreview> preview) {
  unreadable_.clear();
  readingProblem_->setProblem({});
  reading_->showProblem({});
  reading_->showFound(preview->guesses);
  draft_.suggest(preview->guesses);
  const auto former = std::exchange(preview_, std::move(preview));  // the models look into it
  columns_->setGuesses(preview_->guesses);
  rows_->setPreview(*preview_);
  split_->setColumns(preview_->guesses, draft_);
  const bool known = former && former->table.whole();
  if (!known || former->table.names() != preview_->table.names()) {
    fitColumns(*columnView_);
    fitColumns(*rowView_);
  }
  const auto& table = preview_->table;
  const auto rows = countText(static_cast<qint64>(table.rows()));
  summary_->setText((table.whole() ? tr("%1 rows, %2 columns.")
                                   : tr("The first %1 rows, %2 columns; all others "
                                        "are being read."))
                        .arg(rows, countText(static_cast<qint64>(table.columns()))) +
                    tr(" Choose what each column is for: what is predicted, and from what."));
  if (table.whole()) return check();
  rehearsal_.reset();
  showNotes();
  showState();
  readAll();
}

void TableDialog::failToRead(const std::string& message) {
  unreadable_ = message;
  rehearsal_.reset();
  reading_->showProblem(message);
  readingProblem_->setProblem(dialogText(message, draft_.file().string()));
  showState();
}

/// Of what is chosen now, its tasks left to the data where they are others.
train::Experiment TableDialog::experiment() const {
  const auto data = draft_.data(*preview_);
  if (!changed_) return train::tableExperiment(data, preview_->table.rows());
  auto experiment = *changed_;
  const auto before = targetsIn(experiment.data.params), after = targetsIn(data);
  experiment.data.params = data;
  if (experiment.tasks.empty()) return experiment;
  const auto stays = [&](const std::string& name) {
    const auto one = before.find(name), other = after.find(name);
    return one != before.end() && other != after.end() && one->second == other->second;
  };
  std::erase_if(experiment.tasks, [&](const auto& task) { return !stays(task.name); });
  for (const auto& [name, target] : after) {
    if (stays(name)) continue;
    experiment.tasks.emplace_back();
    experiment.tasks.back().name = name;
  }
  return experiment;
}

void TableDialog::check() {
  rehearsal_.reset();
  if (!preview_ || !preview_->table.whole() || !unreadable_.empty()) return showState();
  if (draft_.problem(preview_->guesses).empty()) {
    try {
      work_->ask([this, asked = experiment()]() -> LatestWork::Answer {
        return [this, rehearsal = rehearse(asked)] { takeRehearsal(rehearsal); };
      });
    } catch (const Error& error) {
      TableRehearsal refused;
      refused.problem = error.what();
      return takeRehearsal(refused);
    }
  } else {
    work_->forget();
  }
  showNotes();
  showState();
}

void TableDialog::takeRehearsal(const TableRehearsal& rehearsal) {
  rehearsal_ = rehearsal;
  showNotes();
  showState();
}

// --- Showing

void TableDialog::showNotes() {
  const auto guesses = draft_.withRoles(preview_->guesses);
  ColumnNotes notes(preview_->table.names(), draft_.file().string());
  for (const auto& column : guesses.columns) notes.add(column.problem, true);
  notes.add(draft_.problem(guesses), true);
  if (rehearsal_) notes.add(rehearsal_->problem, true);
  const bool known = rehearsal_ && rehearsal_->problem.empty();
  for (const auto& note : known ? rehearsal_->warnings : data::notesOn(guesses))
    notes.add(note.message, false);
  columns_->setNotes(notes.take());
  showSelected();
}

void TableDialog::showSelected() {
  const int row = columnView_->currentIndex().row();
  if (!preview_ || row < 0 || row >= columns_->rowCount()) return box_->clear();
  const auto column = static_cast<std::size_t>(row);
  box_->showColumn(*preview_, column, draft_.choice(preview_->guesses, column),
                   columns_->notes(row));
}

QString TableDialog::problem() const {
  if (!unreadable_.empty()) return tr("The file cannot be read so; see above.");
  if (const auto problem = split_->problem(); !problem.isEmpty()) return problem;
  if (const auto problem = draft_.problem(preview_->guesses); !problem.empty())
    return QString::fromStdString(problem);
  if (!preview_->table.whole()) return tr("The rest of the file is being read …");
  if (!rehearsal_) return tr("Being checked …");
  return dialogText(rehearsal_->problem, draft_.file().string());
}

void TableDialog::showState() {
  const auto problem = this->problem();
  for (auto* button : {start_, open_}) {
    button->setEnabled(problem.isEmpty());
    button->setAccessibleDescription(problem);
  }
  start_->setToolTip(plainToolTip(problem));
  if (!problem.isEmpty()) return state_->setText(problem);
  const auto tasks = static_cast<qint64>(rehearsal_->tasks.size());
  state_->setText(tr("%1, %2 in %3 epochs.")
                      .arg(tasks == 1 ? tr("One task") : tr("%1 tasks").arg(countText(tasks)),
                           stepsText(rehearsal_->steps), shortText(rehearsal_->experiment.epochs)));
}

void TableDialog::takeColumn() {
  const int row = columnView_->currentIndex().row();
  if (row < 0) return;
  const auto column = static_cast<std::size_t>(row);
  auto choice = draft_.choice(preview_->guesses, column);
  choice.unit = box_->unit().toStdString();
  if (choice.use == ColumnUse::asOrdinal) choice.order = box_->order();
  draft_.choose(preview_->guesses.columns[column].name, choice);
  check();
}

// --- The end

void TableDialog::finish(bool start) {
  if (!problem().isEmpty()) return;
  const auto rehearsal = *rehearsal_;
  QDialog::accept();
  emit chosen(rehearsal.experiment, rehearsal.tasks, start);
}

/// Work that goes on is waited for without holding the window up.
void TableDialog::done(int result) {
  QDialog::done(result);
  if (!work_->busy()) return deleteLater();
  work_->forget();
  connect(work_, &LatestWork::idle, this, &QObject::deleteLater);
}

}  // namespace eq::widgets
