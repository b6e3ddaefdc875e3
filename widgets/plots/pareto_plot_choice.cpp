/// What is drawn against what in a ParetoPlot, and up to where: its controls.

#include <algorithm>

#include <qcustomplot.h>

#include <QAction>
#include <QComboBox>
#include <QLineEdit>
#include <QSignalBlocker>
#include <QToolButton>

#include "widgets/plots/pareto_plot.h"
#include "widgets/style/field_problem.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

constexpr int kReferenceWidth = 110;  // pixels

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

}  // namespace eq::widgets
