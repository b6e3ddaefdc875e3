#include "widgets/experiment/race_dialog.h"

#include <QFileDialog>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QStackedWidget>
#include <QVBoxLayout>

#include "widgets/experiment/race_lanes.h"
#include "widgets/style/choice_box.h"
#include "widgets/style/field_problem.h"
#include "widgets/style/number_boxes.h"
#include "widgets/style/plain_text.h"

namespace eq::widgets {
namespace {

constexpr double kMostRaceEpochs = 1e6;

}  // namespace

RaceDialog::RaceDialog(const train::Experiment& experiment, const std::vector<KnownTask>& known,
                       const std::string& path, const std::filesystem::path& workspace,
                       QWidget* parent)
    : QDialog(parent),
      experiment_(experiment),
      subjects_(raceSubjects(experiment, known)),
      workspace_(workspace),
      subject_(new ChoiceBox(this)),
      pages_(new QStackedWidget(this)),
      lanes_(subjects_.size()),
      name_(new QLineEdit(this)),
      epochs_(new NumberBox(this)),
      folder_(new QLabel(this)),
      problem_(new ProblemLabel(this)) {
  setWindowTitle(tr("Race variants of %1").arg(titleText(shownName(experiment.name))));
  auto* hint = new QLabel(tr("Each lane is a run of its own on the same seed and the same batches; "
                             "they are trained a few steps each in turn."),
                          this);
  hint->setWordWrap(true);
  auto* layout = new QVBoxLayout(this);
  layout->addWidget(hint);
  layout->addWidget(makeFields());
  layout->addWidget(pages_, 1);
  layout->addWidget(problem_);
  layout->addWidget(makeFoot());
  for (const auto& subject : subjects_) {
    subject_->addItem(subject.title);
    auto* scroll = new QScrollArea(pages_);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    pages_->addWidget(scroll);
  }
  connect(subject_, &QComboBox::currentIndexChanged, this, &RaceDialog::choose);
  const int begin = placeOfSubject(subjects_, path);
  subject_->setCurrentIndex(begin);
  choose(begin);
  const QSize room = parent ? parent->window()->size() : QSize(1280, 800);
  resize(QSize(560, 680).boundedTo(room - QSize(24, 24)));
}

QWidget* RaceDialog::makeFields() {
  auto* fields = new QWidget(this);
  auto* form = new QFormLayout(fields);
  form->setContentsMargins(0, 0, 0, 0);
  form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
  name_->setText(tr("Race %1").arg(shownName(experiment_.name)));
  name_->setAccessibleName(tr("Name of the race"));
  form->addRow(tr("&Name"), name_);
  epochs_->setRange(1e-3, kMostRaceEpochs);
  epochs_->setSuffix(tr(" epochs"));
  epochs_->setValue(experiment_.epochs);
  epochs_->setAccessibleName(tr("Length of every lane"));
  connect(epochs_, &NumberBox::problemChanged, this, &RaceDialog::showState);
  form->addRow(tr("&Length"), epochs_);
  auto* choose = new QPushButton(tr("&Folder…"), fields);
  choose->setAutoDefault(false);
  connect(choose, &QPushButton::clicked, this, &RaceDialog::chooseFolder);
  folder_->setTextFormat(Qt::PlainText);
  auto* row = new QHBoxLayout;
  row->addWidget(folder_, 1);
  row->addWidget(choose);
  form->addRow(tr("Kept in"), row);
  subject_->setAccessibleName(tr("What the lanes differ in"));
  subject_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  subject_->setMinimumContentsLength(kNameInBox);
  form->addRow(tr("Lanes &differ in"), subject_);
  showFolder();
  return fields;
}

QWidget* RaceDialog::makeFoot() {
  auto* foot = new QWidget(this);
  auto* layout = new QHBoxLayout(foot);
  layout->setContentsMargins(0, 0, 0, 0);
  start_ = new QPushButton(tr("&Start the race"), foot);
  auto* cancel = new QPushButton(tr("Cancel"), foot);
  layout->addStretch(1);
  for (auto* button : {start_, cancel}) {
    button->setAutoDefault(false);  // Return ends the typing of a text and starts nothing
    layout->addWidget(button);
  }
  connect(start_, &QPushButton::clicked, this, &RaceDialog::start);
  connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
  return foot;
}

void RaceDialog::choose(int subject) {
  const auto place = static_cast<std::size_t>(subject);
  auto*& lanes = lanes_[place];
  auto* page = static_cast<QScrollArea*>(pages_->widget(subject));
  if (!lanes) {
    lanes = new RaceLanes(subjects_[place]);
    page->setWidget(lanes);
    connect(lanes, &RaceLanes::edited, this, &RaceDialog::showState);
  }
  pages_->setCurrentWidget(page);
  showState();
}

void RaceDialog::chooseFolder() {
  auto* dialog =
      new QFileDialog(this, tr("Folder for the race"), QString::fromStdString(workspace_.string()));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setFileMode(QFileDialog::Directory);
  connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& folder) {
    workspace_ = folder.toStdString();
    showFolder();
  });
  dialog->open();
}

void RaceDialog::showFolder() {
  const auto text = shownName(workspace_.string());
  folder_->setText(shortName(text));
  folder_->setToolTip(plainToolTip(text));
}

RaceLanes& RaceDialog::lanes() const {
  return *lanes_[static_cast<std::size_t>(subject_->currentIndex())];
}

QString RaceDialog::problem() const {
  if (!epochs_->problem().isEmpty()) return tr("Length: %1").arg(epochs_->problem());
  return lanes().problem();
}

void RaceDialog::showState() {
  const auto text = problem();
  problem_->setProblem(text);
  start_->setEnabled(text.isEmpty() && !starting_);
  start_->setText(starting_ ? tr("Starting…") : tr("&Start the race"));
}

void RaceDialog::start() {
  epochs_->settle();
  lanes().settle();
  showState();
  if (!problem().isEmpty()) return;
  starting_ = true;
  showState();
  RaceRequest request{experiment_, lanes().lanes(), name_->text().simplified(), workspace_};
  request.experiment.epochs = epochs_->value();
  emit startRequested(request);
}

void RaceDialog::refuse(const QString& reason) {
  starting_ = false;
  showState();
  problem_->setProblem(reason);
}

}  // namespace eq::widgets
