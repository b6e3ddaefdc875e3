// What the dialog of a sweep is made of.

#include <algorithm>
#include <thread>

#include <QCheckBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QTimer>
#include <QVBoxLayout>

#include "core/study/sweep/sweep_spec.h"
#include "widgets/experiment/latest_work.h"
#include "widgets/experiment/sweep_dialog.h"
#include "widgets/experiment/sweep_field_row.h"
#include "widgets/parameter_form.h"
#include "widgets/style/choice_box.h"
#include "widgets/style/field_problem.h"
#include "widgets/style/number_boxes.h"
#include "widgets/style/plain_text.h"

namespace eq::widgets {
namespace {

constexpr int kAfterKey = 250;  // ms
constexpr double kMostPatience = 1e6;

QString methodTitle(const std::string& method) {
  if (method == "grid") return QObject::tr("All combinations (grid)");
  if (method == "random") return QObject::tr("Random draws");
  if (method == "sobol") return QObject::tr("Sobol points: evenly spread draws");
  if (method == "asha") return QObject::tr("Successive halving (ASHA): the best go on");
  return QObject::tr("Preferences (linear): weights of the tasks on a lattice");
}

QPushButton* plainButton(const QString& text, QWidget* parent) {
  auto* button = new QPushButton(text, parent);
  button->setAutoDefault(false);  // Return ends the typing of a text and starts nothing
  return button;
}

}  // namespace

SweepDialog::SweepDialog(const train::Experiment& experiment, QWidget* parent,
                         const nlohmann::ordered_json& sweep)
    : QDialog(parent),
      experiment_(experiment),
      choices_(train::fieldChoices(experiment)),
      work_(new LatestWork(this)),
      delay_(new QTimer(this)) {
  setWindowTitle(tr("Sweep over %1").arg(titleText(shownName(experiment.name))));
  delay_->setSingleShot(true);
  delay_->setInterval(kAfterKey);
  connect(delay_, &QTimer::timeout, this, &SweepDialog::check);
  auto* content = new QWidget;
  auto* column = new QVBoxLayout(content);
  column->addWidget(makeHead());
  rowsLayout_ = new QVBoxLayout;
  rowsLayout_->setSpacing(6);
  column->addLayout(rowsLayout_);
  column->addWidget(makePresets());
  column->addWidget(makeRunning());
  column->addStretch(1);
  auto* scroll = new QScrollArea(this);
  scroll->setWidget(content);
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  auto* layout = new QVBoxLayout(this);
  layout->addWidget(scroll, 1);
  problem_ = new ProblemLabel(this);
  layout->addWidget(problem_);
  layout->addWidget(makeFoot());
  if (sweep.is_null())
    addField();
  else
    load(sweep);
  connect(method_, &QComboBox::currentIndexChanged, this, &SweepDialog::showMethod);
  showMethod();
  const QSize room = parent ? parent->window()->size() : QSize(1280, 800);
  resize(QSize(640, 720).boundedTo(room - QSize(24, 24)));
  if (!rows_.empty()) rows_.front()->focusPath();
}

QWidget* SweepDialog::makeHead() {
  auto* head = new QWidget(this);
  auto* form = new QFormLayout(head);
  form->setContentsMargins(0, 0, 0, 0);
  form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
  name_ = new QLineEdit(tr("Sweep %1").arg(shownName(experiment_.name)), head);
  name_->setAccessibleName(tr("Name of the sweep"));
  form->addRow(tr("&Name"), name_);
  method_ = new ChoiceBox(head);
  method_->setAccessibleName(tr("How combinations are chosen"));
  forms_ = new QVBoxLayout;
  for (const auto& method : study::sweepMethods()) {
    method_->addItem(methodTitle(method));
    auto* parameters = new ParameterForm(study::sweepParameters(method), head);
    connect(parameters, &ParameterForm::edited, this, &SweepDialog::changed);
    forms_->addWidget(parameters);
    parameters_.push_back(parameters);
    if (auto* runs = parameters->field("runs")) runs->setValue(20);
  }
  metric_ = new ParameterForm(study::sweepMetricParameters(), head);
  if (!experiment_.tasks.empty())
    metric_->setValues({{"task", experiment_.tasks.front().name}, {"metric", "loss"}});
  connect(metric_, &ParameterForm::edited, this, &SweepDialog::changed);
  forms_->addWidget(metric_);
  singleRow_ = new QWidget(head);
  single_ = new QLineEdit(singleRow_);
  single_->setPlaceholderText(tr("for the scale \"single\": folder of the single-task runs"));
  single_->setAccessibleName(tr("Folder of the single-task runs"));
  auto* singleLayout = new QHBoxLayout(singleRow_);
  singleLayout->setContentsMargins(0, 0, 0, 0);
  singleLayout->addWidget(new QLabel(tr("Baselines"), singleRow_));
  singleLayout->addWidget(single_, 1);
  forms_->addWidget(singleRow_);
  form->addRow(tr("&Method"), method_);
  form->addRow(forms_);
  return head;
}

QWidget* SweepDialog::makePresets() {
  auto* line = new QWidget(this);
  auto* add = plainButton(tr("&Add a field"), line);
  auto* preferences = plainButton(tr("Preferences"), line);
  preferences->setToolTip(tr("Weights of the tasks on a lattice: points along the front"));
  auto* weights = plainButton(tr("Static weights by grid"), line);
  weights->setToolTip(
      tr("A factor on each task's loss, by grid: tuned static weights often win over methods"));
  weights->setEnabled(experiment_.tasks.size() > 1);
  auto* row = new QHBoxLayout(line);
  row->setContentsMargins(0, 0, 0, 0);
  row->addWidget(add);
  row->addStretch(1);
  row->addWidget(preferences);
  row->addWidget(weights);
  connect(add, &QPushButton::clicked, this, [this] {
    addField()->focusPath();
    changed();
  });
  connect(preferences, &QPushButton::clicked, this, &SweepDialog::offerPreferences);
  connect(weights, &QPushButton::clicked, this, &SweepDialog::offerStaticWeights);
  return line;
}

QWidget* SweepDialog::makeRunning() {
  auto* box = new QWidget(this);
  auto* form = new QFormLayout(box);
  form->setContentsMargins(0, 0, 0, 0);
  form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
  seeds_ = new QLineEdit(box);
  seeds_->setPlaceholderText(tr("How many, or a list such as 1, 4, 7; empty: the experiment's"));
  seeds_->setAccessibleName(tr("Seeds"));
  connect(seeds_, &QLineEdit::textChanged, this, &SweepDialog::changed);
  form->addRow(tr("S&eeds"), seeds_);
  const auto cores = std::max(1U, std::thread::hardware_concurrency());
  threads_ = new IntegerBox(box);
  threads_->setRange(1, cores);
  threads_->setValue(static_cast<double>(std::clamp<std::int64_t>(experiment_.threads, 1, cores)));
  threads_->setAccessibleName(tr("Threads of each run"));
  workers_ = new IntegerBox(box);
  workers_->setRange(1, cores);
  workers_->setValue(std::max(1.0, cores / threads_->value()));
  workers_->setAccessibleName(tr("Runs at a time"));
  form->addRow(tr("Runs at a &time"), workers_);
  form->addRow(tr("T&hreads of each"), threads_);
  goesOn_ = new QCheckBox(tr("&Goes on when the window is closed"), box);
  goesOn_->setObjectName("goesOn");
  goesOn_->setChecked(true);
  goesOn_->setToolTip(tr("Otherwise it waits, with checkpoints, until it is continued"));
  form->addRow(QString(), makeStops());
  form->addRow(QString(), goesOn_);
  return box;
}

/// What would only cost time, by rules of the experiment.
QWidget* SweepDialog::makeStops() {
  auto* box = new QWidget(this);
  notFinite_ = new QCheckBox(tr("&Stop runs whose losses are no numbers"), box);
  notFinite_->setObjectName("notFinite");
  noBetter_ = new QCheckBox(tr("Stop runs that get no &better for"), box);
  noBetter_->setObjectName("noBetter");
  noBetter_->setToolTip(tr("When no task's validation loss was better than the best before"));
  patience_ = new IntegerBox(box);
  patience_->setRange(1, kMostPatience);
  patience_->setValue(10);
  patience_->setSuffix(tr(" evaluations"));
  patience_->setAccessibleName(tr("Evaluations without a better loss"));
  auto* row = new QHBoxLayout;
  row->addWidget(noBetter_);
  row->addWidget(patience_);
  row->addStretch(1);
  dominated_ =
      new QCheckBox(tr("Stop runs that fin&ished ones are better than in everything"), box);
  dominated_->setObjectName("dominated");
  dominated_->setToolTip(tr(
      "Compared at the same step with runs of the same seed, four combinations after the others; "
      "by the first metric of each task on the validation split. Not with halving"));
  connect(dominated_, &QCheckBox::toggled, this, &SweepDialog::changed);
  auto* column = new QVBoxLayout(box);
  column->setContentsMargins(0, 0, 0, 0);
  column->addWidget(notFinite_);
  column->addLayout(row);
  column->addWidget(dominated_);
  for (auto* one : {notFinite_, noBetter_}) {
    one->setEnabled(!experiment_.tasks.empty());  // whose names it needs
    connect(one, &QCheckBox::toggled, this, &SweepDialog::changed);
  }
  connect(patience_, &NumberBox::valueChanged, this, &SweepDialog::changed);
  return box;
}

QWidget* SweepDialog::makeFoot() {
  auto* foot = new QWidget(this);
  count_ = new QLabel(foot);
  count_->setObjectName("count");
  count_->setWordWrap(true);
  start_ = plainButton(tr("&Start the sweep"), foot);
  start_->setObjectName("start");
  auto* cancel = plainButton(tr("Cancel"), foot);
  auto* row = new QHBoxLayout(foot);
  row->setContentsMargins(0, 0, 0, 0);
  row->addWidget(count_, 1);
  row->addWidget(start_);
  row->addWidget(cancel);
  connect(start_, &QPushButton::clicked, this, &SweepDialog::start);
  connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
  return foot;
}

}  // namespace eq::widgets
