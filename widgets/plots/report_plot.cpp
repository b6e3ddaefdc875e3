#include "widgets/plots/report_plot.h"

#include <array>
#include <cmath>
#include <numeric>

#include <qcustomplot.h>

#include <QComboBox>
#include <QMouseEvent>
#include <QSignalBlocker>
#include <QToolTip>

#include "widgets/style/plain_text.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

constexpr std::array kSplits{train::SplitName::validation, train::SplitName::train,
                             train::SplitName::test};

}  // namespace

ReportPlot::ReportPlot(const QString& title, const RunData& data, PlotLink& link, QWidget* parent)
    : PlotPanel(title, data, link, parent),
      task_(new QComboBox(this)),
      split_(new QComboBox(this)) {
  task_->setAccessibleName(tr("Task"));
  task_->setToolTip(tr("The task; those with classes are offered"));
  task_->setSizeAdjustPolicy(QComboBox::AdjustToContents);
  split_->setAccessibleName(tr("Split"));
  for (const auto split : kSplits) split_->addItem(QString::fromStdString(train::toText(split)));
  addControl(task_);
  addControl(split_);
  for (const QComboBox* box : {task_, split_})
    connect(box, &QComboBox::currentIndexChanged, this, [this] {
      refresh();
      emit chosen();
    });
  connect(&link, &PlotLink::cursorChanged, this, &ReportPlot::followCursor);
  connect(&link, &PlotLink::unitChanged, this, &ReportPlot::followCursor);
  connect(&plot(), &QCustomPlot::mouseMove, this,
          [this](const QMouseEvent* event) { mouseMoved(*event); });
}

void ReportPlot::setTask(const QString& name) {
  if (const int index = task_->findText(name); index >= 0) task_->setCurrentIndex(index);
}

void ReportPlot::setSplit(train::SplitName split) {
  split_->setCurrentText(QString::fromStdString(train::toText(split)));
}

QString ReportPlot::task() const {
  return task_->currentText();
}

void ReportPlot::setChoosable(bool choosable) {
  for (QComboBox* box : {task_, split_}) box->setVisible(choosable);
}

train::SplitName ReportPlot::split() const {
  return kSplits[static_cast<std::size_t>(split_->currentIndex())];
}

void ReportPlot::offerTasks() {
  const QSignalBlocker blocker(task_);
  const QString chosen = task_->currentText();
  task_->clear();
  for (int task = 0; task < data().taskCount(); ++task)
    if (hasClasses(data().tasks()[static_cast<std::size_t>(task)].kind))
      task_->addItem(shortName(data().taskName(task), kNameInBox), task);
  task_->setCurrentIndex(std::max(task_->findText(chosen), 0));
  task_->setEnabled(task_->count() > 1);
}

std::optional<std::size_t> ReportPlot::taskIndex() const {
  if (task_->currentIndex() < 0) return std::nullopt;
  return static_cast<std::size_t>(task_->currentData().toInt());
}

QString ReportPlot::className(std::int64_t index) const {
  const auto task = taskIndex();
  if (!task || static_cast<std::size_t>(index) >= data().tasks()[*task].classNames.size())
    return QString::number(index);
  return shownName(data().tasks()[*task].classNames[static_cast<std::size_t>(index)]);
}

std::optional<std::size_t> ReportPlot::newestBefore(std::optional<double> x,
                                                    std::size_t task) const {
  const auto& evaluations = data().evaluations();
  const Column& positions = data().evaluationX().in(link().unit());
  for (std::size_t i = evaluations.size(); i-- > 0;)
    if (evaluations[i].split == split() && evaluations[i].reports.contains(task) &&
        (!x || positions[i] <= *x))
      return i;
  return std::nullopt;
}

std::optional<ReportPlot::Choice> ReportPlot::choice() const {
  const auto task = taskIndex();
  if (!task) return std::nullopt;
  auto evaluation = newestBefore(link().cursor(), *task);
  if (!evaluation) evaluation = newestBefore(std::nullopt, *task);
  if (!evaluation) return std::nullopt;
  return Choice{*evaluation, *task};
}

const metric::ClassReport* ReportPlot::report() const {
  const auto chosen = choice();
  if (!chosen) return nullptr;
  const auto [evaluation, task] = *chosen;
  return &data().evaluations()[evaluation].reports.at(task);
}

void ReportPlot::restart() {
  offerTasks();
  redraw();
}

void ReportPlot::grow() {
  const auto chosen = choice();
  if (chosen && chosen == drawn_) return;
  drawn_ = chosen;
  const auto* shown = report();
  draw(shown && obstacle(*shown).isEmpty() ? shown : nullptr);
  describe();
}

void ReportPlot::describe() {
  const auto* shown = report();
  if (!shown) return setRemark({});
  const auto step = data().evaluations()[std::get<0>(*drawn_)].step;
  const double examples =
      std::accumulate(shown->bins.begin(), shown->bins.end(), 0.0,
                      [](double sum, const auto& bin) { return sum + bin.count; });
  QString text = tr("step %1 · %2 examples")
                     .arg(widgets::countText(step), widgets::countText(std::llround(examples)));
  if (const QString more = remark(*shown); !more.isEmpty()) text += " · " + more;
  setRemark(text);
}

void ReportPlot::restyle(const PlotStyle&) {
  const auto* shown = report();
  draw(shown && obstacle(*shown).isEmpty() ? shown : nullptr);
}

void ReportPlot::followCursor() {
  if (choice() != drawn_) refresh();
}

void ReportPlot::mouseMoved(const QMouseEvent& event) {
  const auto* shown = report();
  QString tip;
  if (shown && obstacle(*shown).isEmpty())
    tip = tipAt(*shown, plot().xAxis->pixelToCoord(event.position().x()),
                plot().yAxis->pixelToCoord(event.position().y()));
  QToolTip::showText(event.globalPosition().toPoint(), plainToolTip(tip), &plot());
}

QString ReportPlot::hint() const {
  if (data().taskCount() == 0) return tr("It appears here with the first evaluation.");
  if (!taskIndex()) return tr("No task of this run has classes.");
  if (const auto* shown = report()) return obstacle(*shown);
  for (const auto& evaluation : data().evaluations())
    if (evaluation.split == split())
      return tr("This run was recorded by an earlier version, without counts of classes.");
  if (split() == train::SplitName::validation)
    return tr("It appears here with the first evaluation.");
  return tr("This split is evaluated at the end of the run.");
}

}  // namespace eq::widgets
