#include "widgets/explorer/loss_explorer.h"

#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QScrollArea>
#include <QSplitter>
#include <QTabWidget>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>
#include <utility>

#include "core/base/error.h"
#include "core/loss/catalog.h"
#include "core/loss/custom/scripts.h"
#include "core/loss/nesting.h"
#include "widgets/explorer/loss_card.h"
#include "widgets/explorer/loss_comparison.h"
#include "widgets/explorer/simplex_plot.h"
#include "widgets/session/run_data.h"
#include "widgets/style/choice_box.h"
#include "widgets/style/number_boxes.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

constexpr int kPoints = 1000;
constexpr int kColours = 8;
constexpr int kControls = 320;  // pixels

template <typename Box>
Box* makeBox(double lower, double upper, double value, const QString& name, const QString& help) {
  auto* box = new Box;
  box->setRange(lower, upper);
  box->setValue(value);
  box->setAccessibleName(name);
  box->setToolTip(help);
  return box;
}

/// Where slopes are made -1 (or 1): at margin 0, at residual 1.
double referencePoint(const std::string& axis) {
  return axis == "residual" ? 1 : 0;
}

void normalise(loss::Curve& curve, double at) {
  const auto found = std::lower_bound(curve.x.begin(), curve.x.end(), at);
  if (found == curve.x.end()) return;
  const double slope = std::abs(curve.slope[static_cast<size_t>(found - curve.x.begin())]);
  if (!(slope > 0) || !std::isfinite(slope)) return;
  for (auto& value : curve.value) value /= slope;
  for (auto& value : curve.slope) value /= slope;
}

}  // namespace

LossExplorer::LossExplorer(const RunData& data, PlotLink& link, QWidget* parent)
    : QWidget(parent), data_(data) {
  curves_ = new LossCurvePlot(data, link);
  curves_->setTitleShown(false);
  simplex_ = new SimplexPlot(data, link);
  simplex_->setTitleShown(false);
  comparison_ = new LossComparison(data, link);
  views_ = new QTabWidget;
  views_->setDocumentMode(true);
  views_->addTab(curves_, tr("Curves"));
  views_->addTab(simplex_, tr("Simplex of three classes"));
  views_->addTab(comparison_, tr("Side by side"));
  auto* splitter = new QSplitter(this);
  splitter->addWidget(makeControls());
  splitter->addWidget(views_);
  splitter->setStretchFactor(1, 1);
  splitter->setSizes({kControls, 3 * kControls});
  splitter->setChildrenCollapsible(false);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(splitter);
  redraw_.setSingleShot(true);
  connect(&redraw_, &QTimer::timeout, this, &LossExplorer::drawAll);
  connect(comparison_, &LossComparison::chosenChanged, this, &LossExplorer::askForExamples);
  connect(comparison_, &LossComparison::picturesWanted, this, &LossExplorer::picturesWanted);
  connect(views_, &QTabWidget::currentChanged, this, [this] { redraw_.start(0); });
  const auto kept = keptLossSet();
  own_ = kept.has_value();
  showSet(kept.value_or(LossSet{{}, axis().id}));
}

QWidget* LossExplorer::makeControls() {
  axisBox_ = new ChoiceBox;
  for (const auto& axis : loss::curveAxes()) {
    axisBox_->addItem(QString::fromStdString(axis.title), QString::fromStdString(axis.id));
    axisBox_->setItemData(axisBox_->count() - 1, QString::fromStdString(axis.doc), Qt::ToolTipRole);
  }
  axisBox_->setAccessibleName(tr("Axis"));
  taskBox_ = new ChoiceBox;
  taskBox_->setAccessibleName(tr("Task of the run"));
  taskHint_ = new QLabel(tr("Start or resume a run to see where its examples are."));
  taskHint_->setTextFormat(Qt::PlainText);
  taskHint_->setWordWrap(true);
  taskHint_->setForegroundRole(QPalette::PlaceholderText);
  auto* form = new QFormLayout;
  form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
  form->addRow(tr("Axis"), axisBox_);
  form->addRow(tr("Classes"), makeClassRow());
  form->addRow(tr("Level"), level_);
  form->addRow(tr("Examples of"), taskBox_);
  form->addRow(taskHint_);

  auto* add = new QToolButton;
  add->setText(tr("Add a loss"));
  add->setToolTip(tr("Another curve"));
  normalise_ = new QToolButton;
  normalise_->setText(tr("Equal slopes"));
  normalise_->setCheckable(true);
  normalise_->setToolTip(tr("Scale every loss so that its slope is 1 at margin 0 or residual 1"));
  ofRun_ = new QToolButton;
  ofRun_->setText(tr("The run's"));
  ofRun_->setAccessibleName(tr("The run's losses"));
  ofRun_->setEnabled(false);
  auto* buttons = new QHBoxLayout;
  buttons->addWidget(add);
  buttons->addWidget(ofRun_);
  buttons->addWidget(normalise_);
  buttons->addStretch();

  auto* list = new QWidget;
  cardsLayout_ = new QVBoxLayout(list);
  cardsLayout_->setContentsMargins(0, 0, 6, 0);
  cardsLayout_->addStretch();
  auto* scroll = new QScrollArea;
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  scroll->setWidget(list);

  auto* controls = new QWidget;
  controls->setMinimumWidth(260);
  auto* layout = new QVBoxLayout(controls);
  layout->setContentsMargins(8, 6, 4, 4);
  layout->addLayout(form);
  layout->addLayout(buttons);
  layout->addWidget(scroll, 1);

  connect(axisBox_, &QComboBox::activated, this, [this] {
    changeAxis();
    keepSet();
  });
  connect(taskBox_, &QComboBox::activated, this, [this] {
    comparison_->forgetPictures();
    takeClasses();
    updateUse();
    askForExamples();
  });
  connect(add, &QToolButton::clicked, this, &LossExplorer::addAnother);
  connect(ofRun_, &QToolButton::clicked, this, [this] {
    own_ = false;
    forgetLossSet();
    showRunLosses();
  });
  connect(normalise_, &QToolButton::toggled, this, [this] { redraw_.start(0); });
  return controls;
}

QLayout* LossExplorer::makeClassRow() {
  classes_ = makeBox<IntegerBox>(2, 1000, 3, tr("Classes"), tr("Number of classes C"));
  target_ = makeBox<IntegerBox>(1, 3, 1, tr("True class"),
                                tr("The true class; of a single label: 1 = no, 2 = yes"));
  level_ = makeBox<NumberBox>(-100, 100, 0, tr("Level"),
                              tr("The other logits, where the axis is the true one"));
  auto* row = new QHBoxLayout;
  row->addWidget(classes_, 1);
  row->addWidget(new QLabel(tr("true class")));
  row->addWidget(target_, 1);
  connect(classes_, &IntegerBox::valueChanged, this,
          [this](double classes) { target_->setMaximum(classes); });
  for (NumberBox* box :
       {static_cast<NumberBox*>(classes_), static_cast<NumberBox*>(target_), level_})
    connect(box, &NumberBox::valueChanged, this, [this] { redraw_.start(0); });
  return row;
}

const loss::CurveAxis& LossExplorer::axis() const {
  return loss::curveAxes()[static_cast<size_t>(std::max(0, axisBox_->currentIndex()))];
}

std::vector<const Descriptor*> LossExplorer::drawable() const {
  std::vector<const Descriptor*> losses;
  for (const auto* descriptor : loss::catalog().descriptors())
    if (loss::drawableOn(descriptor->id, axis().id)) losses.push_back(descriptor);
  return losses;
}

void LossExplorer::changeAxis() {
  curves_->setAxis(axis());
  const auto isAny = [&](std::initializer_list<const char*> ids) {
    return std::any_of(ids.begin(), ids.end(), [&](const char* id) { return axis().id == id; });
  };
  const bool classAxis = isAny({"margin", "raw", "centred", "similarity"});
  classes_->setEnabled(classAxis);
  target_->setEnabled(classAxis || isAny({"logit"}));
  level_->setEnabled(axis().id == "raw");
  for (auto* card : cards_) card->setAxis(axis().id);
  redraw_.start(0);
  askForExamples();
}

/// Without losses the first ones of the axis, so that a new explorer is not empty.
void LossExplorer::showSet(const LossSet& set) {
  for (auto* card : std::exchange(cards_, {})) card->deleteLater();
  axisBox_->setCurrentIndex(std::max(0, axisBox_->findData(QString::fromStdString(set.axis))));
  changeAxis();
  for (const auto& method : set.losses) addCard(method);
  const auto losses = drawable();
  if (cards_.empty())
    for (size_t i = 0; i < std::min<size_t>(2, losses.size()); ++i) addCard({losses[i]->id});
}

void LossExplorer::proposeLosses(const train::Experiment& experiment) {
  experiment_ = experiment;
  const bool any = lossesOfRun(experiment_, axis().id).has_value();
  ofRun_->setEnabled(any);
  ofRun_->setToolTip(any ? tr("Show the losses of the run's tasks instead of these")
                         : tr("No loss of the run has a curve"));
  if (!own_) showRunLosses();
}

void LossExplorer::showRunLosses() {
  if (const auto set = lossesOfRun(experiment_, axis().id)) showSet(*set);
}

void LossExplorer::keepSet() {
  own_ = true;
  LossSet set{{}, axis().id};
  for (const auto* card : cards_) set.losses.push_back(card->method());
  keepLossSet(set);
}

int LossExplorer::freeColour() const {
  for (int colour = 0; colour < kColours; ++colour)
    if (std::none_of(cards_.begin(), cards_.end(),
                     [&](const LossCard* card) { return card->colour() == colour; }))
      return colour;
  return static_cast<int>(cards_.size()) % kColours;
}

/// The next loss of the axis that does not stand here yet.
void LossExplorer::addAnother() {
  const auto losses = drawable();
  if (losses.empty()) return;
  const auto isNew = [&](const Descriptor* one) {
    return std::none_of(cards_.begin(), cards_.end(),
                        [&](const LossCard* card) { return card->method().id == one->id; });
  };
  const auto next = std::find_if(losses.begin(), losses.end(), isNew);
  addCard({next == losses.end() ? losses.front()->id : (*next)->id});
  keepSet();
}

void LossExplorer::addCard(const train::MethodSpec& method) {
  auto* card = new LossCard(method, axis().id, freeColour(), this);
  cardsLayout_->insertWidget(cardsLayout_->count() - 1, card);
  cards_.push_back(card);
  connect(card, &LossCard::edited, this, [this, card] {
    redraw_.start(0);
    updateUse();
    keepSet();
    emit lossEdited(card->method());
  });
  connect(card, &LossCard::removeRequested, this, [this, card] { removeCard(card); });
  connect(card, &LossCard::useRequested, this, [this](const train::MethodSpec& chosen) {
    emit lossChosen(static_cast<size_t>(taskBox_->currentIndex()), chosen);
  });
  updateUse();
  redraw_.start(0);
}

void LossExplorer::removeCard(LossCard* card) {
  std::erase(cards_, card);
  card->deleteLater();
  keepSet();
  redraw_.start(0);
}

train::MethodSpec LossExplorer::placed(train::MethodSpec method) const {
  method.params =
      loss::scripts().placed(method.id, method.params, data_.experiment().folder, method.id);
  return method;
}

loss::CurveRequest LossExplorer::requestOf(const train::MethodSpec& method) const {
  loss::CurveRequest request;
  request.id = method.id;
  request.params = placed(method).params;
  request.axis = axis().id;
  request.lower = axis().lower;
  request.upper = axis().upper;
  request.points = kPoints;
  request.classes = static_cast<std::int64_t>(classes_->value());
  request.target = static_cast<std::int64_t>(target_->value()) - 1;
  request.level = level_->value();
  return request;
}

std::optional<DrawnLoss> LossExplorer::drawn(const train::MethodSpec& method, int colour,
                                             bool pinned, QString* problem) {
  try {
    if (const auto why = whyNotOver(method.id, axis().id); !why.empty()) fail("{}", why);
    DrawnLoss one{LossCard::nameOf(method), colour, sample(requestOf(method)), pinned};
    if (pinned) one.name = tr("%1, pinned").arg(one.name);
    if (normalise_->isChecked()) normalise(one.curve, referencePoint(axis().id));
    return one;
  } catch (const Error& error) {
    if (problem) *problem = QString::fromUtf8(error.what());
    return std::nullopt;
  }
}

const loss::Curve& LossExplorer::sample(const loss::CurveRequest& request) {
  const auto before = std::find_if(sampled_.begin(), sampled_.end(),
                                   [&](const auto& known) { return known.first == request; });
  sampledNow_.emplace_back(request,
                           before != sampled_.end() ? before->second : loss::sampleCurve(request));
  return sampledNow_.back().second;
}

void LossExplorer::drawAll() {
  sampled_ = std::exchange(sampledNow_, {});
  std::vector<DrawnLoss> curves;
  std::vector<ComparedLoss> compared;
  std::optional<train::MethodSpec> onSimplex;
  for (auto* card : cards_) {
    if (!card->shown()) continue;
    if (card->pinned())
      if (auto kept = drawn(*card->pinned(), card->colour(), true, nullptr))
        curves.push_back(std::move(*kept));
    QString problem;
    auto live = drawn(card->method(), card->colour(), false, &problem);
    card->showProblem(problem);
    if (!live) continue;
    compared.push_back({card->method(), live->name, live->curve});
    curves.push_back(std::move(*live));
    if (!onSimplex) onSimplex = placed(card->method());
  }
  curves_->setLosses(std::move(curves));
  if (views_->currentWidget() == simplex_)
    simplex_->setLoss(
        onSimplex, onSimplex ? LossCard::nameOf(*onSimplex) : QString(),
        std::clamp<std::int64_t>(static_cast<std::int64_t>(target_->value()) - 1, 0, 2));
  comparison_->setLosses(std::move(compared), QString::fromStdString(axis().title));
  askForExamples();
}

void LossExplorer::setTasks(const std::vector<TaskInfo>& tasks) {
  const auto before = taskBox_->currentText();
  tasks_ = tasks;
  taskBox_->clear();
  for (const auto& task : tasks) taskBox_->addItem(shortName(QString::fromStdString(task.name)));
  taskBox_->setCurrentIndex(std::max(0, taskBox_->findText(before)));
  taskBox_->setEnabled(!tasks.empty());
  taskHint_->setVisible(tasks.empty());
  taskHint_->setText(tr("Start or resume a run to see where its examples are."));
  comparison_->forgetPictures();
  takeClasses();
  asked_.reset();
  updateUse();
  askForExamples();
}

void LossExplorer::takeClasses() {
  if (tasks_.empty()) return;
  const auto& task = tasks_[static_cast<size_t>(taskBox_->currentIndex())];
  if (task.kind == TaskKind::classification || task.kind == TaskKind::ordinal)
    classes_->setValue(static_cast<double>(task.width));
}

void LossExplorer::updateUse() {
  const int index = taskBox_->currentIndex();
  for (auto* card : cards_) {
    if (tasks_.empty() || index < 0) {
      card->setUsable(false, tr("Needs a run that goes on"));
      continue;
    }
    const auto& task = tasks_[static_cast<size_t>(index)];
    const auto method = card->method();
    const auto reason =
        QString::fromStdString(loss::whyNotInRuns(method.id, method.params, task.fields));
    const bool fits = loss::acceptsKind(method.id, method.params, task.kind);
    card->setUsable(
        fits && reason.isEmpty(),
        fits ? reason
             : tr("The task %1 is %2, which this loss does not take")
                   .arg(shownName(task.name), QString::fromUtf8(toText(task.kind).data())));
  }
}

void LossExplorer::askForExamples() {
  std::optional<train::ExampleRequest> wanted;
  if (isVisible() && !tasks_.empty() && taskBox_->currentIndex() >= 0)
    wanted = train::ExampleRequest{static_cast<size_t>(taskBox_->currentIndex()), axis().id,
                                   comparison_->chosen()};
  if (wanted == asked_) return;
  asked_ = wanted;
  emit examplesWanted(wanted);
}

void LossExplorer::showExamples(const train::ExampleView& view) {
  if (!asked_ || view.request != *asked_) return;
  taskHint_->hide();
  curves_->setExamples(AxisExamples{
      tr("%1: %2 validation examples at step %3")
          .arg(taskBox_->currentText(), countText(static_cast<qint64>(view.positions.size())),
               countText(view.step)),
      view.positions});
  comparison_->showExamples(view);
}

void LossExplorer::showExamplesProblem(const QString& reason) {
  curves_->setExamples(std::nullopt);
  taskHint_->setText(reason);
  taskHint_->show();
}

void LossExplorer::showPictures(const std::vector<train::ExamplePicture>& pictures) {
  comparison_->showPictures(pictures);
}

std::vector<PlotPanel*> LossExplorer::plots() const {
  return {curves_, simplex_, comparison_->plot()};
}

void LossExplorer::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  askForExamples();
}

void LossExplorer::hideEvent(QHideEvent* event) {
  QWidget::hideEvent(event);
  askForExamples();
}

}  // namespace eq::widgets
