/// What the mouse does in a ParetoPlot: tells of points, moves the reference, zooms.

#include <cmath>
#include <utility>

#include <qcustomplot.h>

#include <QComboBox>
#include <QDesktopServices>
#include <QMenu>
#include <QMouseEvent>
#include <QToolTip>
#include <QUrl>

#include "core/run/run_folder.h"
#include "widgets/plots/pareto_plot.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

constexpr double kReach = 10;  // pixels
constexpr double kStill = 3;   // pixels that a click may move

double lengthOf(const QPointF& vector) {
  return std::hypot(vector.x(), vector.y());
}

/// With as many digits as a place on the axis can have.
double rounded(double value) {
  return QString::number(value, 'g', 5).toDouble();
}

QString placeText(const metric::FrontAnswer& answer, std::size_t point) {
  const auto rank = answer.ranks[point];
  if (rank > 0) return ParetoPlot::tr("dominated, rank %1").arg(rank);
  return answer.knee == point ? ParetoPlot::tr("not dominated, the knee")
                              : ParetoPlot::tr("not dominated");
}

/// The tasks' weights at a step: "left 0.5, right 1.5".
QString weightsText(const RunData& run, std::int64_t step) {
  const auto row = run.rowAt(static_cast<double>(step), XUnit::step);
  QStringList texts;
  for (int task = 0; row && task < run.taskCount(); ++task)
    if (*row < run.weights(task).size() && !std::isnan(run.weights(task)[*row]))
      texts << QString("%1 %2").arg(shortName(run.taskName(task), kNameInBox),
                                    QString::number(run.weights(task)[*row], 'g', 4));
  return texts.join(", ");
}

/// "preference: left 0.3, right 0.7".
QString preferenceText(const RunData& run, const metric::Point& preference) {
  QStringList texts;
  for (std::size_t k = 0; k < preference.size(); ++k)
    texts << QString("%1 %2").arg(shortName(run.taskName(static_cast<int>(k)), kNameInBox),
                                  QString::number(preference[k], 'g', 3));
  return ParetoPlot::tr("preference: %1").arg(texts.join(", "));
}

}  // namespace

void ParetoPlot::makeMouse() {
  plot().setInteractions(QCP::iRangeDrag | QCP::iRangeZoom);
  connect(&plot(), &QCustomPlot::mousePress, this,
          [this](const QMouseEvent* event) { pressed(*event); });
  connect(&plot(), &QCustomPlot::mouseMove, this,
          [this](const QMouseEvent* event) { moved(*event); });
  connect(&plot(), &QCustomPlot::mouseRelease, this,
          [this](const QMouseEvent* event) { released(*event); });
  connect(&plot(), &QCustomPlot::mouseWheel, this, [this] { zoomed_ = true; });
  connect(&plot(), &QCustomPlot::mouseDoubleClick, this, [this] {
    zoomed_ = false;
    showWhole();
    plot().replot(QCustomPlot::rpQueuedReplot);
  });
}

void ParetoPlot::pressed(const QMouseEvent& event) {
  press_ = event.position();
  if (event.button() != Qt::LeftButton || answer_.reference.empty()) return;
  const QPointF cross(plot().xAxis->coordToPixel(answer_.reference[0]),
                      plot().yAxis->coordToPixel(answer_.reference[1]));
  dragging_ = lengthOf(event.position() - cross) <= kReach;
  plot().setInteraction(QCP::iRangeDrag, !dragging_);
}

void ParetoPlot::moved(const QMouseEvent& event) {
  if (dragging_) {
    zoomed_ = true;  // the axes stand still under the cross
    metric::Point at{rounded(plot().xAxis->pixelToCoord(event.position().x())),
                     rounded(plot().yAxis->pixelToCoord(event.position().y()))};
    if (third()) at.push_back(answer_.reference[2]);
    return setReference(at);
  }
  if (event.buttons() & Qt::LeftButton) zoomed_ = true;
  QToolTip::showText(event.globalPosition().toPoint(), plainToolTip(tipAt(event.position())),
                     &plot());
}

/// A click, which is no drag.
void ParetoPlot::released(const QMouseEvent& event) {
  const bool dragged = std::exchange(dragging_, false);
  plot().setInteraction(QCP::iRangeDrag, true);
  if (dragged || event.button() != Qt::LeftButton) return;
  if (lengthOf(event.position() - press_) > kStill) return;
  if (auto* menu = menuAt(event.position())) menu->popup(event.globalPosition().toPoint());
}

std::optional<ParetoPlot::Hit> ParetoPlot::hitAt(const QPointF& place) {
  double nearest = kReach;
  std::optional<Hit> hit;
  std::size_t index = 0;
  for (std::size_t trail = 0; trail < trails_.size(); ++trail)
    for (std::size_t i = 0; i < trails_[trail].size(); ++i, ++index) {
      const QPointF point(plot().xAxis->coordToPixel(trails_[trail].x[i]),
                          plot().yAxis->coordToPixel(trails_[trail].y[i]));
      const double away = lengthOf(point - place);
      if (!(away <= nearest)) continue;
      nearest = away;
      hit = Hit{trail, i, index};
    }
  return hit;
}

QString ParetoPlot::tipAt(const QPointF& place) {
  const auto hit = hitAt(place);
  if (!hit) return {};
  const ParetoTrail& trail = trails_[hit->trail];
  auto tip = tr("%1, step %2\n%3: %4\n%5: %6\n%7")
                 .arg(trail.run, widgets::countText(trail.steps[hit->row]), objective(x_)->text(),
                      shortText(trail.x[hit->row]), objective(y_)->text(),
                      shortText(trail.y[hit->row]), placeText(answer_, hit->index));
  if (!trail.z.empty())
    tip += QString("\n%1: %2").arg(third()->text(), shortText(trail.z[hit->row]));
  if (trail.isFront())
    return tip + "\n" + preferenceText(*trail.source, trail.preferences[hit->row]);
  if (const auto weights = weightsText(*trail.source, trail.steps[hit->row]); !weights.isEmpty())
    tip += "\n" + tr("weights: %1").arg(weights);
  return tip;
}

QMenu* ParetoPlot::menuAt(const QPointF& place) {
  const auto hit = hitAt(place);
  if (!hit || trails_[hit->trail].folder.empty()) return nullptr;
  const ParetoTrail& trail = trails_[hit->trail];
  const auto folder = trail.folder;
  const auto step = trail.steps[hit->row];
  auto* menu = new QMenu(this);
  menu->setAttribute(Qt::WA_DeleteOnClose);
  menu->addAction(menuText(tr("Open %1").arg(shortName(trail.run))), this,
                  [this, folder] { emit link().openRequested(folder); });
  if (trail.isFront() && trail.source == &data())
    menu->addAction(
        tr("The model of this preference"), this,
        [this, chosen = trail.preferences[hit->row]] { emit preferenceChosen(chosen); });
  menu->addAction(tr("Fork from step %1…").arg(widgets::countText(step)), this,
                  [this, folder, step] { emit link().forkRequested(folder, step); });
  const auto checkpoint = run::checkpointFile(folder, step);
  auto* file = menu->addAction(tr("Show its checkpoint"), this, [checkpoint] {
    QDesktopServices::openUrl(
        QUrl::fromLocalFile(QString::fromStdString(checkpoint.parent_path().string())));
  });
  std::error_code ignored;
  file->setEnabled(std::filesystem::exists(checkpoint, ignored));
  if (!file->isEnabled()) file->setText(tr("No checkpoint was kept at step %1").arg(step));
  return menu;
}

}  // namespace eq::widgets
