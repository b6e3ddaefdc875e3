/// Which lines a TimePlot has, of which runs, on which panes.

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include <qcustomplot.h>

#include <QComboBox>
#include <QDropEvent>
#include <QScopedValueRollback>

#include "widgets/plots/axis_scale.h"
#include "widgets/plots/run_drag.h"
#include "widgets/plots/time_plot.h"
#include "widgets/style/plain_text.h"

namespace eq::widgets {
namespace {

constexpr std::size_t kSettled = 50;    // points after which unlike scales stay apart
constexpr std::size_t kMostGhosts = 3;  // runs with raw lines under the smoothed ones
constexpr int kRunColours = 8;          // after which they begin again, with other dashes

/// Of a split, as taskLineStyle() counts them: solid, dashed, dotted.
int dashesOf(LineSpec::Look look) {
  return look == LineSpec::Look::circles ? 1 : look == LineSpec::Look::squares ? 2 : 0;
}

/// The place of a name among those that are known, or a new one: where the first run has it.
int placeOf(QStringList& names, const QString& name, int first) {
  const auto known = names.indexOf(name);
  if (known >= 0) return static_cast<int>(known);
  while (names.size() <= first) names << QString();
  if (names[first].isEmpty()) {
    names[first] = name;
    return first;
  }
  names << name;
  return static_cast<int>(names.size()) - 1;
}

}  // namespace

std::vector<ShownRun> TimePlot::runs() const {
  std::vector<ShownRun> out;
  if (link().runs())
    for (const ShownRun& run : link().runs()->runs())
      if (isOfFocusAlone() ? run.data == &data() : run.data->taskCount() > 0) out.push_back(run);
  if (out.empty()) out.push_back({{}, {}, 0, true, &data(), 0});
  return out;
}

QString TimePlot::nameIn(const ShownRun& run, const QString& name) const {
  return runs().size() > 1 ? tr("%1 · %2").arg(run.name, name) : name;
}

QString TimePlot::taskName(int task) const {
  return quantities_.value(task);
}

int TimePlot::taskIn(const RunData& run, int task) const {
  const auto found = quantities_.indexOf(run.taskName(task));
  return &run == &lead() || found < 0 ? task : static_cast<int>(found);
}

QString TimePlot::hint() const {
  for (const ShownRun& run : runs())
    if (emptyText(*run.data).isEmpty()) return {};
  return emptyText(lead());
}

/// \param names of what is drawn, in the order of LineSpec::quantity.
std::vector<LineSpec> TimePlot::linesOf(const std::vector<ShownRun>& runs,
                                        QStringList& names) const {
  std::vector<LineSpec> out;
  const bool several = runs.size() > 1;
  if (choice_)
    for (const ShownRun& run : runs)
      for (int task = 0; task < run.data->taskCount(); ++task)
        placeOf(names, run.data->taskName(task), task);
  for (const ShownRun& run : runs)
    for (LineSpec& line : lines(*run.data)) {
      line.run = run.data;
      line.group = run.group;
      line.of = line.name;
      line.x = &line.positions->in(link().unit());
      line.quantity = line.colour;
      if (several) {
        line.quantity =
            placeOf(names, choice_ ? run.data->taskName(line.colour) : line.name, line.colour);
        line.colour = run.colour;
        line.name = tr("%1 · %2").arg(run.name, line.name);
        line.ghost = runs.size() <= kMostGhosts;
        if (run.sharedUntil > 0) line.from = run.data->xAt(run.sharedUntil, link().unit());
      }
      out.push_back(std::move(line));
    }
  return out;
}

/// Where colours tell the runs.
void TimePlot::setDashes(std::vector<LineSpec>& lines) const {
  std::set<int> quantities;
  for (const LineSpec& line : lines) quantities.insert(line.quantity);
  const bool told = arrangement_ != Arrangement::eachTask && quantities.size() > 1;
  for (LineSpec& line : lines) {
    const int again = line.colour / kRunColours;
    line.dashes = told ? line.quantity : again > 0 ? again : dashesOf(line.look);
  }
}

Arrangement TimePlot::arrangementFor(const std::vector<LineSpec>& lines) {
  if (!choice_) return Arrangement::together;
  const auto chosen = static_cast<Arrangement>(choice_->currentIndex());
  if (chosen != Arrangement::automatic) return chosen;
  if (isApart()) return Arrangement::eachTask;
  std::map<int, double> sizes;  // a task's first line speaks for it
  std::size_t points = 0;
  for (const LineSpec& line : lines) {
    if (!sizes.try_emplace(line.quantity, typicalSize(*line.y)).second) continue;
    points = std::max(points, line.y->size());
  }
  std::vector<double> all;
  for (const auto& [task, size] : sizes) all.push_back(size);
  const bool several = runs().size() > 1;
  const bool unlike = all.size() <= kMostPanes && (several ? all.size() > 1 : areUnlike(all));
  if (points >= kSettled && !several) unlike_ = unlike_ || unlike;
  return unlike_ || unlike ? Arrangement::eachTask : Arrangement::together;
}

std::vector<LineSpec> TimePlot::wantedLines() {
  const auto shown = runs();
  quantities_.clear();
  auto out = linesOf(shown, quantities_);
  if (isDerived()) out = derived_.derive(out, *link().runs(), link().groupStyle());
  const Arrangement now = arrangementFor(out);
  if (now != arrangement_) restart();
  arrangement_ = now;
  if (shown.size() > 1) setDashes(out);
  if (now != Arrangement::relative) return out;
  // Of a task's first line, for its parts and other splits as well.
  std::map<std::tuple<const RunData*, int, int>, double> units;
  for (LineSpec& line : out)
    line.unit =
        units.try_emplace({line.run, line.group, line.quantity}, firstSize(*line.y)).first->second;
  return out;
}

bool TimePlot::differs() const {
  return link().runs() && link().groupStyle().differences && link().runs()->baseline() &&
         runs().size() > 1;
}

bool TimePlot::isDerived() const {
  return differs() || (link().runs() && !link().runs()->groups().empty() && runs().size() > 1);
}

std::optional<int> TimePlot::paneTask(const LineSpec& line) const {
  if (line.pane) return line.pane;
  return arrangement_ == Arrangement::eachTask ? std::optional(line.quantity) : std::nullopt;
}

void TimePlot::updateLines() {
  const auto wanted = wantedLines();
  const bool same =
      std::equal(wanted.begin(), wanted.end(), drawn_.begin(), drawn_.end(),
                 [](const LineSpec& spec, const auto& line) { return spec == line->spec(); });
  if (same && (wanted.empty() || !named_.empty())) return;
  const auto tasks = paneTasks(wanted);
  const bool samePanes =
      std::equal(tasks.begin(), tasks.end(), panes().begin(), panes().end(),
                 [](const auto& task, const auto& pane) { return task == pane->task; });
  auto former = std::move(drawn_);  // those that are wanted still need not be drawn anew
  forgetLines();
  if (!samePanes) {
    former.clear();
    makePanes(tasks);
  }
  for (const LineSpec& spec : wanted) {
    const auto found = std::find_if(former.begin(), former.end(), [&spec](const auto& line) {
      return line && line->spec() == spec;
    });
    drawn_.push_back(found != former.end()
                         ? std::move(*found)
                         : std::make_unique<PlotLine>(axesOf(spec.paneNumber()), spec,
                                                      link().smoothing(), isLogY()));
  }
  former.clear();
  for (const auto& line : drawn_) counts_.add(axesOf(line->spec().paneNumber()), line->spec());
  nameLines();
  setStyle(style());
}

void TimePlot::forgetLines() {
  counts_.clear();
  named_.clear();
  legend_->clear();
  drawn_.clear();
}

void TimePlot::forgetGone() {
  const auto shown = runs();
  const auto gone = [&shown](const auto& line) {
    return line->spec().run &&
           std::none_of(shown.begin(), shown.end(),
                        [&line](const ShownRun& run) { return run.data == line->spec().run; });
  };
  if (std::none_of(drawn_.begin(), drawn_.end(), gone)) return;
  named_.clear();
  legend_->clear();
  std::erase_if(drawn_, gone);
}

std::vector<std::optional<int>> TimePlot::paneTasks(const std::vector<LineSpec>& wanted) const {
  std::vector<std::optional<int>> tasks;
  for (const LineSpec& line : wanted)
    if (std::find(tasks.begin(), tasks.end(), paneTask(line)) == tasks.end())
      tasks.push_back(paneTask(line));
  if (tasks.empty()) tasks.push_back(std::nullopt);
  return tasks;
}

void TimePlot::makePanes(const std::vector<std::optional<int>>& tasks) {
  for (TimePane* made : grid_->resize(tasks.size())) {
    const QScopedValueRollback applying(applying_, true);
    setScale(*made->axes().x, isLogX());
    setScale(*made->axes().y, isLogY());
    connectPane(*made);
  }
  for (std::size_t i = 0; i < tasks.size(); ++i) panes()[i]->task = tasks[i];
}

const PaneAxes& TimePlot::axesOf(int task) const {
  for (const auto& pane : panes())
    if (pane->task == task) return pane->axes();
  return panes().front()->axes();
}

// --- Runs that are dropped on it

void TimePlot::dragEnterEvent(QDragEnterEvent* event) {
  if (link().runs() && !runsIn(*event->mimeData()).empty()) event->acceptProposedAction();
}

void TimePlot::dropEvent(QDropEvent* event) {
  for (const auto& folder : runsIn(*event->mimeData())) link().runs()->setShown(folder, true);
  event->acceptProposedAction();
}

}  // namespace eq::widgets
