#include "widgets/plots/derived_lines.h"

#include <algorithm>
#include <set>
#include <utility>

#include <QObject>

namespace eq::widgets {
namespace {

constexpr qint64 kShareOfTime = 20;  // of the time that passes, one part is spent on making

/// Lines of several runs that show the same.
using Sort = std::tuple<int, QString, LineSpec::Look, int>;

Sort sortOf(const LineSpec& line) {
  return {line.quantity, line.of, line.look, line.part};
}

study::Member memberOf(const LineSpec& line) {
  const std::size_t size = std::min(line.x->size(), line.y->size());
  const auto& steps = line.made ? line.made->step : line.positions->in(XUnit::step);
  return {{steps.data(), size}, {line.x->data(), size}, {line.y->data(), size}};
}

std::size_t absentIn(const LineSpec& line) {
  if (!line.weights) return 0;
  std::size_t out = 0;
  for (std::size_t row = 0; row < std::min(line.x->size(), line.y->size()); ++row)
    out += line.isAbsent(row) ? 1 : 0;
  return out;
}

}  // namespace

std::vector<LineSpec> DerivedLines::derive(const std::vector<LineSpec>& lines,
                                           const ShownRuns& shown, const GroupStyle& style) {
  if (!(std::exchange(style_, style) == style)) made_.clear();
  behind_ = false;
  for (auto& [key, one] : made_) one.used = false;
  auto out = style.differences && shown.baseline() ? differences(lines, shown) : lines;
  if (!shown.groups().empty()) out = grouped(out, shown);
  std::erase_if(made_, [](const auto& one) { return !one.second.used; });
  return out;
}

/// As made before, where nothing has come since, or too little time has passed.
template <class Make>
DerivedLines::Columns DerivedLines::made(const Key& key, const std::vector<const LineSpec*>& inputs,
                                         Make make) {
  std::vector<std::pair<const void*, std::size_t>> now;
  for (const LineSpec* line : inputs)
    now.emplace_back(line->y, std::min(line->x->size(), line->y->size()));
  Made& one = made_[key];
  one.used = true;
  if (one.columns && one.inputs == now) return one.columns;
  const bool grown =
      one.columns && std::equal(now.begin(), now.end(), one.inputs.begin(), one.inputs.end(),
                                [](const auto& a, const auto& b) { return a.first == b.first; });
  if (grown && one.age.elapsed() < kShareOfTime * one.cost) {
    behind_ = true;
    return one.columns;
  }
  QElapsedTimer clock;
  clock.start();
  one.columns = make();
  one.inputs = std::move(now);
  one.cost = clock.elapsed();
  one.age.start();
  return one.columns;
}

DerivedLines::Columns DerivedLines::bandOf(Kind kind, int group,
                                           const std::vector<const LineSpec*>& members) {
  const LineSpec& first = *members.front();
  return made({kind, group, nullptr, first.quantity, first.of, static_cast<int>(first.look)},
              members, [&] {
                std::vector<study::Member> all;
                std::size_t absent = 0;
                for (const LineSpec* line : members) {
                  all.push_back(memberOf(*line));
                  absent += absentIn(*line);
                }
                const auto spread = kind == kBase ? study::Spread::none : style_.spread;
                auto band = study::bandOf(all, style_.centre, spread);
                return std::make_shared<const MadeColumns>(
                    MadeColumns{std::move(band.step), std::move(band.position),
                                std::move(band.centre), std::move(band.low), std::move(band.high),
                                std::move(band.count), band.leftOut - absent});
              });
}

/// Each line less that of the baseline, or of the baseline's group.
std::vector<LineSpec> DerivedLines::differences(const std::vector<LineSpec>& lines,
                                                const ShownRuns& shown) {
  const ShownRun& pinned = *shown.baseline();
  std::map<Sort, std::vector<const LineSpec*>> bases;
  for (const LineSpec& line : lines)
    if (pinned.group < 0 ? line.run == pinned.data : line.group == pinned.group)
      bases[sortOf(line)].push_back(&line);
  std::vector<LineSpec> out;
  for (const LineSpec& line : lines) {
    const auto base = bases.find(sortOf(line));
    if (base == bases.end()) continue;
    const auto& of = base->second;
    const auto mean = of.size() > 1 ? bandOf(kBase, pinned.group, of) : nullptr;
    std::vector<const LineSpec*> inputs{&line};
    inputs.insert(inputs.end(), of.begin(), of.end());
    LineSpec one = line;
    one.made = made(
        {kDifference, line.part, line.run, line.quantity, line.of, static_cast<int>(line.look)},
        inputs, [&] {
          const study::Member less =
              mean ? study::Member{mean->step, mean->x, mean->y} : memberOf(*of[0]);
          auto found = study::differenceTo(less, memberOf(line));
          return std::make_shared<const MadeColumns>(MadeColumns{std::move(found.step),
                                                                 std::move(found.position),
                                                                 std::move(found.value),
                                                                 {},
                                                                 {},
                                                                 {},
                                                                 0});
        });
    one.x = &one.made->x;
    one.y = &one.made->y;
    one.weights = nullptr;
    out.push_back(std::move(one));
  }
  return out;
}

/// The members, pale or not at all, then the centres over them; a run alone in its group stays.
std::vector<LineSpec> DerivedLines::grouped(const std::vector<LineSpec>& lines,
                                            const ShownRuns& shown) {
  std::map<std::pair<int, Sort>, std::vector<const LineSpec*>> members;
  for (const LineSpec& line : lines) members[{line.group, sortOf(line)}].push_back(&line);
  std::vector<LineSpec> out, centres;
  std::set<std::pair<int, Sort>> done;
  for (const LineSpec& line : lines) {
    const auto& group = shown.groups()[static_cast<std::size_t>(line.group)];
    const std::pair key(line.group, sortOf(line));
    const auto& all = members.at(key);
    const bool alone = group.size < 2;
    if (alone || style_.members) {
      out.push_back(line);
      out.back().colour = group.colour;
      out.back().pale = !alone;
      if (!alone) out.back().ghost = false;
    }
    if (alone || !done.insert(key).second) continue;
    LineSpec centre = line;
    centre.made = bandOf(kBand, line.group, all);
    centre.name = QObject::tr("%1 · %2").arg(group.name, line.of);
    centre.colour = group.colour;
    centre.run = nullptr;
    centre.ghost = false;
    centre.weights = nullptr;
    centre.from = LineSpec().from;
    centre.x = &centre.made->x;
    centre.y = &centre.made->y;
    centres.push_back(std::move(centre));
  }
  out.insert(out.end(), centres.begin(), centres.end());
  return out;
}

}  // namespace eq::widgets
