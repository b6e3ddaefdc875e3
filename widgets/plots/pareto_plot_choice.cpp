/// What is drawn against what in a ParetoPlot, and up to where: its controls, and what the runs
/// give.

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <utility>

#include <qcustomplot.h>

#include <QAction>
#include <QComboBox>
#include <QLineEdit>
#include <QSignalBlocker>
#include <QToolButton>

#include "widgets/plots/pareto_plot.h"
#include "widgets/session/shown_runs.h"
#include "widgets/style/field_problem.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

constexpr int kReferenceWidth = 110;      // pixels
constexpr std::size_t kMostEarlier = 20;  // fronts of a run before the one that is shown

/// Evenly chosen of the first `count` fronts, the last of them among these.
std::vector<ParetoTrail> fewOf(const std::vector<ParetoTrail>& fronts, std::size_t count) {
  std::vector<ParetoTrail> chosen;
  const auto taken = std::min(count, kMostEarlier);
  for (std::size_t i = 1; i <= taken; ++i) chosen.push_back(fronts[i * count / taken - 1]);
  return chosen;
}

}  // namespace

void ParetoPlot::makeControls() {
  addControl(x_);
  addControl(y_);
  z_->setToolTip(
      tr("A third value, which colours the points: they are compared in all three then"));
  addControl(z_);
  referenceField_->setAccessibleName(tr("Reference point"));
  referenceField_->setPlaceholderText(tr("reference x; y"));
  referenceField_->setToolTip(
      tr("Up to where the hypervolume is measured: a number a value, x; y. Empty: a tenth of the "
         "range beyond the worst values. The cross in the plot can be dragged"));
  referenceField_->setMaximumWidth(kReferenceWidth);
  addControl(referenceField_);
  connect(referenceField_, &QLineEdit::textChanged, this, &ParetoPlot::readReference);
  for (QComboBox* box : {x_, y_, z_})
    connect(box, &QComboBox::currentIndexChanged, this, &ParetoPlot::redraw);
  connect(z_, &QComboBox::currentIndexChanged, this, &ParetoPlot::readReference);
  volumeShown_ = addToggle(tr("Volume"), tr("How the hypervolume grew with the steps, below"));
  connect(volumeShown_, &QToolButton::toggled, this, [this](bool shown) {
    strip_.setShown(shown);
    refresh();
  });
  auto* usual = new QAction(tr("Usual reference"), this);
  connect(usual, &QAction::triggered, this, [this] { setReference(std::nullopt); });
  for (QAction* action : {logX_, logY_}) {
    action->setCheckable(true);
    connect(action, &QAction::toggled, this, &ParetoPlot::redraw);
  }
  addMenuActions({logX_, logY_, usual});
}

void ParetoPlot::setObjectives(const QString& x, const QString& y) {
  offerObjectives();
  for (const auto& [box, text] : {std::pair{x_, x}, {y_, y}})
    for (std::size_t i = 0; i < offered_.size(); ++i)
      if (offered_[i].text() == text) box->setCurrentIndex(static_cast<int>(i));
}

void ParetoPlot::setThird(const QString& text) {
  offerObjectives();
  const int place = text.isEmpty() ? 0 : z_->findText(shortName(text, 2 * kNameInBox));
  if (place >= 0) z_->setCurrentIndex(place);
}

void ParetoPlot::setVolumeShown(bool shown) {
  volumeShown_->setChecked(shown);
}

void ParetoPlot::setReference(const std::optional<metric::Point>& reference) {
  QStringList numbers;
  if (reference)
    for (const double value : *reference) numbers << shortText(value);
  referenceField_->setText(numbers.join("; "));
}

void ParetoPlot::readReference() {
  const QString text = referenceField_->text().trimmed();
  const TypedList typed = text.isEmpty() ? TypedList{} : readNumbers(text);
  QString problem = typed.problem;
  const bool two = !third();
  if (problem.isEmpty() && !text.isEmpty() && typed.values.size() != (two ? 2 : 3))
    problem = (two ? tr("Two numbers are needed, x; y, found %1")
                   : tr("Three numbers are needed, one a value, found %1"))
                  .arg(typed.values.size());
  markProblem(*referenceField_, problem);
  if (!problem.isEmpty()) return;  // what was in force stays
  reference_ = text.isEmpty() ? std::nullopt : std::optional<metric::Point>(typed.values);
  gather();
  plot().replot(QCustomPlot::rpQueuedReplot);
}

void ParetoPlot::setLogX(bool logarithmic) {
  logX_->setChecked(logarithmic);
}

void ParetoPlot::setLogY(bool logarithmic) {
  logY_->setChecked(logarithmic);
}

void ParetoPlot::offerObjectives() {
  auto offered = paretoObjectives(*runs().front().data);
  if (offered.empty() || offered == offered_) return;  // a run that begins keeps the choice
  const QString x = x_->currentText(), y = y_->currentText();
  offered_ = std::move(offered);
  QStringList texts;
  for (const auto& one : offered_) texts << shortName(one.text(), 2 * kNameInBox);
  const QString z = z_->currentText();
  {
    const QSignalBlocker blocker(z_);
    z_->clear();
    z_->addItems(QStringList{tr("no third value")} + texts);
    z_->setCurrentIndex(std::max(z_->findText(z), 0));
  }
  for (const auto& [box, chosen] : {std::pair{x_, x}, {y_, y}}) {
    const QSignalBlocker blocker(box);
    box->clear();
    box->addItems(texts);
    const int usual = box == x_ ? 0 : std::min(1, box->count() - 1);
    box->setCurrentIndex(chosen.isEmpty() || box->findText(chosen) < 0 ? usual
                                                                       : box->findText(chosen));
  }
}

std::optional<ParetoObjective> ParetoPlot::objective(const QComboBox* box) const {
  const auto index = static_cast<std::size_t>(std::max(box->currentIndex(), 0));
  return index < offered_.size() ? std::optional(offered_[index]) : std::nullopt;
}

std::optional<ParetoObjective> ParetoPlot::third() const {
  const auto index = static_cast<std::size_t>(std::max(z_->currentIndex(), 0));
  return index > 0 && index <= offered_.size() ? std::optional(offered_[index - 1]) : std::nullopt;
}

std::vector<ParetoObjective> ParetoPlot::axes() const {
  const auto x = objective(x_), y = objective(y_), z = third();
  if (!x || !y) return {};
  return z ? std::vector{*x, *y, *z} : std::vector{*x, *y};
}

std::optional<metric::Point> ParetoPlot::reference() const {
  const std::size_t wanted = third() ? 3 : 2;
  return reference_ && reference_->size() == wanted ? reference_ : std::nullopt;
}

void ParetoPlot::takeTrails(const std::vector<ParetoObjective>& axes,
                            std::vector<ParetoTrail>& before) {
  earlier_ = drawnEarlier_ = 0;
  for (const ShownRun& run : runs()) {
    const auto name = [&run](ParetoTrail& trail) {
      trail.run = run.name.isEmpty() ? shownName(run.data->experiment().name) : run.name;
      trail.colour = run.colour;
      trail.folder = run.folder;
      trail.group = run.group;
    };
    auto fronts = frontTrails(*run.data, axes);
    for (ParetoTrail& front : fronts) name(front);
    if (fronts.empty()) {
      name(trails_.emplace_back(paretoTrail(*run.data, axes)));
      continue;
    }
    const auto shown = frontAt(fronts, link().cursor(), link().unit());
    earlier_ += shown;
    for (ParetoTrail& front : fewOf(fronts, shown)) before.push_back(std::move(front));
    trails_.push_back(fronts[shown]);
    std::move(fronts.begin(), fronts.end(), std::back_inserter(fronts_));
  }
  drawnEarlier_ = before.size();
  shownFronts_ = frontSteps();
}

std::vector<std::int64_t> ParetoPlot::frontSteps() const {
  std::vector<std::int64_t> steps;
  for (const ShownRun& run : runs())
    steps.push_back(frontStepAt(*run.data, link().cursor(), link().unit()));
  return steps;
}

/// Of fronts all there were.
void ParetoPlot::drawVolumes(const std::vector<ParetoObjective>& axes) {
  volumes_ = {};
  if (!strip_.isShown()) return;
  auto trails = fronts_;
  std::copy_if(trails_.begin(), trails_.end(), std::back_inserter(trails),
               [](const ParetoTrail& trail) { return !trail.isFront(); });
  if (!answer_.reference.empty()) volumes_ = volumeTrack(trails, axes, answer_.reference);
  strip_.draw(volumes_);
}

/// Of what is drawn, with the front that is.
std::vector<CursorValue> ParetoPlot::volumeAtCursor() const {
  const ParetoTrail& trail = trails_.front();
  return {{tr("hypervolume"), trail.source->xAt(trail.steps.front(), link().unit()),
           answer_.hypervolume, std::numeric_limits<double>::quiet_NaN(),
           taskColour(style().theme, trail.colour)}};
}

void ParetoPlot::setModel(const std::optional<train::FrontLook>& look) {
  model_ = look;
  placeModel();
}

std::optional<metric::Point> ParetoPlot::modelPlace() const {
  if (!model_) return std::nullopt;
  metric::Point place;
  for (const auto& axis : axes()) place.push_back(valueOfModel(data(), *model_, axis));
  const auto isThere = [](double value) { return std::isfinite(value); };
  if (place.empty() || !std::all_of(place.begin(), place.end(), isThere)) return std::nullopt;
  return place;
}

void ParetoPlot::placeModel() {
  int colour = 0;
  for (const ParetoTrail& trail : trails_)
    if (trail.source == &data()) colour = trail.colour;
  drawing_.setModel(modelPlace(), colour);
}

}  // namespace eq::widgets
