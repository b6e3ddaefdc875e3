/// What the legend of a TimePlot calls its lines, and which of them it hides.

#include <algorithm>
#include <map>
#include <set>

#include <qcustomplot.h>

#include "widgets/plots/time_plot.h"

namespace eq::widgets {
namespace {

constexpr std::size_t kMostEntries = 6;  // of a legend whose lines panes name anyway

/// Characters of the names that all begin with, up to a comma.
qsizetype commonPart(const std::vector<ShownRun>& runs) {
  const QString& first = runs.front().name;
  qsizetype common = first.size();
  for (const ShownRun& run : runs) {
    qsizetype same = 0;
    while (same < std::min(common, run.name.size()) && run.name[same] == first[same]) ++same;
    common = same;
  }
  const auto comma = first.left(common).lastIndexOf(", ");
  return comma < 0 ? 0 : comma + 2;
}

}  // namespace

void TimePlot::add(Named named) {
  legend_->add(*const_cast<QCPGraph*>(named.graph), named.text,
               named.brief.isEmpty() ? named.text : named.brief);
  named_.push_back(std::move(named));
}

void TimePlot::nameLines() {
  const auto shown = runs();
  if (shown.size() > 1) {
    if (link().runs()->groups().empty())
      nameRuns(shown);
    else
      nameGroups();
    return nameQuantities();
  }
  const bool numbered = !drawn_.empty() && drawn_.front()->spec().pane;
  const bool all =
      !numbered && (arrangement_ != Arrangement::eachTask || drawn_.size() <= kMostEntries);
  std::set<int> tasks;
  for (const auto& line : drawn_) {
    const int task = line->spec().quantity;
    if (!tasks.insert(task).second && !all) continue;
    Named named{
        numbered ? line->spec().entry : line->spec().name, &line->legendGraph(), {line.get()}, {}};
    for (const auto& other : drawn_)
      if (!all && other != line && other->spec().quantity == task)
        named.lines.push_back(other.get());
    add(std::move(named));
  }
}

/// Without the name that all have in common.
void TimePlot::nameRuns(const std::vector<ShownRun>& runs) {
  const qsizetype common = commonPart(runs);
  for (const ShownRun& run : runs) {
    Named named{run.name, nullptr, {}, run.name.mid(common)};
    for (const auto& line : drawn_)
      if (line->spec().run == run.data) named.lines.push_back(line.get());
    if (named.lines.empty()) continue;
    named.graph = &named.lines.front()->legendGraph();
    add(std::move(named));
  }
}

/// With n, and the centre's line before those of its members.
void TimePlot::nameGroups() {
  const auto& groups = link().runs()->groups();
  for (std::size_t i = 0; i < groups.size(); ++i) {
    Named named{groups[i].name, nullptr, {}, {}};
    if (groups[i].size > 1) named.text = tr("%1 (n %2)").arg(groups[i].name).arg(groups[i].size);
    for (const bool pale : {false, true})
      for (const auto& line : drawn_)
        if (line->spec().group == static_cast<int>(i) && line->spec().pale == pale)
          named.lines.push_back(line.get());
    if (named.lines.empty()) continue;
    named.graph = &named.lines.front()->legendGraph();
    add(std::move(named));
  }
}

/// Where dashes tell them, in the colour of no run.
void TimePlot::nameQuantities() {
  std::map<int, std::vector<PlotLine*>> lines;
  for (const auto& line : drawn_) lines[line->spec().quantity].push_back(line.get());
  if (lines.size() < 2 || arrangement_ == Arrangement::eachTask) return;
  for (auto& [quantity, of] : lines) {
    const auto& graph = legend_->addSample(quantities_.value(quantity), taskLineStyle(quantity));
    named_.push_back({quantities_.value(quantity), &graph, std::move(of), {}});
  }
}

QStringList TimePlot::legendNames() const {
  QStringList out;
  for (const Named& named : named_) out << named.text;
  return out;
}

/// With all lines that the entry stands for.
void TimePlot::toggle(const Named& named) {
  const bool hides = std::any_of(named.lines.begin(), named.lines.end(),
                                 [](const PlotLine* line) { return line->isVisible(); });
  const auto before = hidden_;
  auto after = before;
  for (const PlotLine* line : named.lines) {
    if (hides)
      after.insert(line->spec().name);
    else
      after.remove(line->spec().name);
  }
  setHidden(after);
  const auto set = [this](const QSet<QString>& names) {
    return [this, names] { setHidden(names); };
  };
  tellEdit(tr("shown curves of %1"), set(after), set(before));
}

void TimePlot::setHidden(const QSet<QString>& names) {
  hidden_ = names;
  showHidden();
  refresh();
}

void TimePlot::showHidden() {
  for (auto& line : drawn_) line->setVisible(!hidden_.contains(line->spec().name));
  std::vector<bool> shown;
  for (const Named& named : named_)
    shown.push_back(std::any_of(named.lines.begin(), named.lines.end(),
                                [](const PlotLine* line) { return line->isVisible(); }));
  legend_->restyle(style(), shown);
}

}  // namespace eq::widgets
