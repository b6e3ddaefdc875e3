/// What a TimePlot says in numbers: header, figures, cursor table.

#include <algorithm>
#include <cmath>

#include <qcustomplot.h>

#include "core/base/number_text.h"
#include "widgets/plots/replot_turns.h"
#include "widgets/plots/time_plot.h"
#include "widgets/style/plain_text.h"

namespace eq::widgets {
namespace {

constexpr int kDotted = 2;       // as taskLineStyle() counts
constexpr int kBriefDigits = 3;  // of values in header and legend

/// In pgfplots' names.
const char* markOf(LineSpec::Look look) {
  switch (look) {
    case LineSpec::Look::discs:
      return "*";
    case LineSpec::Look::circles:
      return "o";
    case LineSpec::Look::squares:
      return "square*";
    default:
      return "";
  }
}

QString briefText(double value) {
  return QString::fromStdString(numberText(value, kBriefDigits));
}

/// Without what another run has as well, as the line is drawn.
Series drawnPart(const Series& whole, double from) {
  Series out = whole;
  const auto after = std::upper_bound(whole.x.begin(), whole.x.end(), from);
  const auto first = std::max<std::ptrdiff_t>(after - whole.x.begin() - 1, 0);
  out.x.erase(out.x.begin(), out.x.begin() + first);
  out.y.erase(out.y.begin(), out.y.begin() + first);
  return out;
}

/// The smoothed one where there is one, as the curve shows it.
double shownValue(const PlotLine::Point& point) {
  return std::isnan(point.smoothed) ? point.y : point.smoothed;
}

}  // namespace

void TimePlot::updateRemarks() {
  const auto range = panes().front()->axes().x->range();
  std::size_t shown = 0, all = 0, undrawable = 0, absent = 0;
  for (const auto& line : drawn_) {
    undrawable += line->undrawable();
    absent += line->absent();
    if (!line->isVisible()) continue;
    all += line->size();
    shown += line->sizeWithin({range.lower, range.upper});
  }
  setCounts(shown, all);
  const auto what = isLogY() ? tr("%1 not finite or ≤ 0 (▲▼)") : tr("%1 not finite (▲▼)");
  QStringList remarks;
  if (link().range()) remarks << tr("double click to follow the run");
  if (beyond_ > 0) remarks << tr("%1 beyond the axis (△▽)").arg(beyond_);
  if (undrawable > 0) remarks << what.arg(undrawable);
  for (const QString& more : {note(), looksNote(), lastValues()})
    if (!more.isEmpty()) remarks << more;
  if (absent > 0) remarks << tr("%1 without a loss (task off or no label)").arg(absent);
  setRemark(remarks.join(" · "));
}

QString TimePlot::lastValues() const {
  if (runs().size() > 1) return shownText();
  if (!drawn_.empty() && drawn_.front()->spec().pane) return {};  // a name has several
  QStringList out;
  for (const Named& named : named_)
    if (const auto point = named.lines.front()->newest(); point && named.lines.front()->isVisible())
      out << tr("%1 %2").arg(shortName(named.text, kNameInBox), briefText(shownValue(*point)));
  return out.join(" · ");
}

/// How many runs and groups there are, and what of them is not seen or not recorded.
QString TimePlot::shownText() const {
  const auto runs = link().runs()->runs().size();
  const auto groups = link().runs()->groups().size();
  QStringList out{groups > 0 ? tr("%1 runs in %2 groups").arg(runs).arg(groups)
                             : tr("%1 runs").arg(runs)};
  if (groups > 0 && !link().groupStyle().members) out << tr("members hidden, counted in n");
  if (const auto hidden = hiddenMembers(); hidden > 0)
    out << tr("%1 curves of members hidden, counted in n").arg(hidden);
  if (differs()) out << tr("less %1").arg(link().runs()->baselineName());
  std::size_t leftOut = 0;
  for (const auto& line : drawn_)
    if (line->spec().made) leftOut += line->spec().made->leftOut;
  if (leftOut > 0) out << tr("%1 not finite, not counted in n").arg(leftOut);
  return out.join(" · ");
}

std::size_t TimePlot::hiddenMembers() const {
  return static_cast<std::size_t>(std::count_if(drawn_.begin(), drawn_.end(), [](const auto& line) {
    return line->spec().pale && !line->isVisible();
  }));
}

/// What the legend does not say where it names tasks alone.
QString TimePlot::looksNote() const {
  if (runs().size() == 1 && named_.size() == drawn_.size()) return {};
  QStringList out;
  const auto add = [&](LineSpec::Look look, const QString& text) {
    if (std::any_of(drawn_.begin(), drawn_.end(),
                    [look](const auto& line) { return line->spec().look == look; }))
      out << text;
  };
  add(LineSpec::Look::circles, tr("○ train"));
  add(LineSpec::Look::discs, tr("● validation"));
  add(LineSpec::Look::squares, tr("■ test"));
  return out.join(' ');
}

Series TimePlot::seriesOf(const LineSpec& line) const {
  Series one{line.name, toText(link().unit()), {}, {}, line.colour, markOf(line.look), line.dashes};
  for (std::size_t row = 0; row < std::min(line.x->size(), line.y->size()); ++row) {
    if (line.isAbsent(row)) continue;
    one.x.push_back((*line.x)[row]);
    one.y.push_back((*line.y)[row]);
  }
  return one;
}

/// A difference, or a group's centre with its band and n.
std::vector<Series> TimePlot::madeSeries(const LineSpec& line) const {
  const MadeColumns& made = *line.made;
  std::vector<Series> out{seriesOf(line)};
  if (made.count.empty()) {
    out[0].name = tr("%1, less %2").arg(line.name, link().runs()->baselineName());
    return out;
  }
  const bool mean = link().groupStyle().centre == study::Centre::mean;
  const auto add = [&](const QString& what, const Column& y) {
    out.push_back(out[0]);
    out.back().name = tr("%1, %2").arg(line.name, what);
    out.back().y = y;
  };
  if (!made.low.empty()) add(tr("low"), made.low);
  if (!made.high.empty()) add(tr("high"), made.high);
  add("n", Column(made.count.begin(), made.count.end()));
  out[0].name = tr("%1, %2").arg(line.name, mean ? tr("mean") : tr("median"));
  return out;
}

std::vector<Series> TimePlot::series() const {
  std::vector<Series> out;
  const auto shown = runs();
  QStringList names;
  auto all = linesOf(shown, names);
  if (shown.size() > 1) setDashes(all);
  for (const LineSpec& line : all) {
    out.push_back(seriesOf(line));
  }
  for (const auto& line : drawn_)
    if (line->spec().made)
      for (Series& one : madeSeries(line->spec())) out.push_back(std::move(one));
  return out;
}

/// The curve, and the edges of its band.
std::vector<Series> TimePlot::drawnSeries(const LineSpec& line) const {
  std::vector<Series> out{drawnPart(seriesOf(line), line.from)};
  if (line.made && !line.made->low.empty())
    for (const auto& [what, y] :
         {std::pair{tr("low"), &line.made->low}, std::pair{tr("high"), &line.made->high}}) {
      out.push_back(out[0]);
      out.back().name = tr("%1, %2").arg(line.name, what);
      out.back().y = *y;
      out.back().dashes = kDotted;
    }
  for (Series& one : out)
    for (double& value : one.y) value /= line.unit;
  return out;
}

std::vector<TimePlot::PaneSeries> TimePlot::paneSeries() const {
  std::vector<PaneSeries> out;
  for (const auto& pane : panes()) {
    PaneSeries one{
        pane->task
            ? tr("%1: %2").arg(choice_ ? taskName(*pane->task) : taskLabel(*pane->task), yLabel())
            : pane->axes().y->label(),
        {}};
    for (const auto& drawn : drawn_) {
      const LineSpec& line = drawn->spec();
      if (pane->task && line.paneNumber() != *pane->task) continue;
      for (Series& curve : drawnSeries(line)) one.series.push_back(std::move(curve));
    }
    out.push_back(std::move(one));
  }
  return out;
}

void TimePlot::moveCursor() {
  for (const auto& pane : panes()) pane->cursor().move(link().cursor());
  QStringList values;
  for (const Named& named : named_) {
    if (!link().cursor()) break;
    const PlotLine* line = valued(named);
    const auto point = line ? line->nearest(*link().cursor()) : std::nullopt;
    values << (point && line->isVisible() ? briefText(shownValue(*point) / line->spec().unit)
                                          : QString());
  }
  legend_->setValues(values);
  replotCursor(plot());
}

/// The line whose value stands in the legend: of a run or an entry with several, that of the pane
/// under the mouse.
const PlotLine* TimePlot::valued(const Named& named) const {
  if (named.lines.front()->spec().pane) {
    for (const PlotLine* line : named.lines)
      if (line->spec().pane == hovered_) return line;
    return nullptr;
  }
  if (runs().size() == 1) return named.lines.front();
  const LineSpec &first = named.lines.front()->spec(), &last = named.lines.back()->spec();
  if (first.group < 0 ? first.run != last.run : first.group != last.group) return nullptr;
  const bool one = std::all_of(named.lines.begin(), named.lines.end(), [&](const PlotLine* line) {
    return line->spec().quantity == named.lines.front()->spec().quantity;
  });
  for (const PlotLine* line : named.lines)
    if (one || hovered_ == line->spec().quantity) return line;
  return nullptr;
}

std::vector<CursorValue> TimePlot::valuesAtCursor() const {
  std::vector<CursorValue> out;
  if (!link().cursor()) return out;
  for (const auto& line : drawn_) {
    const auto point = line->nearest(*link().cursor());
    if (!point || !line->isVisible()) continue;
    out.push_back({line->spec().name, point->x, point->y, point->smoothed,
                   taskColour(style().theme, line->spec().colour)});
  }
  return out;
}

}  // namespace eq::widgets
