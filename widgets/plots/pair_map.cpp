#include "widgets/plots/pair_map.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include <QComboBox>
#include <QToolButton>

#include "core/base/dendrogram.h"
#include "widgets/plots/conflict_lines.h"
#include "widgets/plots/pair_words.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

using What = PairMap::What;

constexpr int kLeastSorted = 3;  // tasks
constexpr int kManyTasks = 12;   // beyond which they are sorted unasked

/// Of one sample; none where it is of all samples.
std::optional<PairQuantity> quantityOf(What what) {
  switch (what) {
    case What::angle:
      return PairQuantity::angle;
    case What::magnitudeSimilarity:
      return PairQuantity::magnitudeSimilarity;
    case What::curvature:
      return PairQuantity::curvature;
    case What::frequency:
    case What::lastHalf:
      return std::nullopt;
    default:
      return PairQuantity::cosine;
  }
}

QString wordsOf(What what) {
  if (what == What::frequency) return PairMap::tr("Share of samples in conflict");
  if (what == What::lastHalf) return PairMap::tr("Share in conflict, last half");
  return quantityAxisText(*quantityOf(what));
}

double taskDistance(double cosine) {
  return std::isnan(cosine) ? 2 : 1 - cosine;  // a task without gradients is far from all
}

}  // namespace

PairMap::PairMap(const QString& title, std::vector<What> offered, const RunData& data,
                 PlotLink& link, QWidget* parent)
    : SampledMap(title, data, link, parent),
      offered_(std::move(offered)),
      choice_(new QComboBox(this)) {
  choice_->setAccessibleName(tr("Quantity"));
  choice_->setSizeAdjustPolicy(QComboBox::AdjustToContents);
  for (const What one : offered_) choice_->addItem(wordsOf(one));
  choice_->setVisible(offered_.size() > 1);
  if (offered_.size() > 1) addControl(choice_);
  asGiven_ = addToggle(tr("As given"), tr("Tasks in the order of the experiment, instead of sorted "
                                          "by clusters of their mean cosines"));
  connect(choice_, &QComboBox::currentIndexChanged, this, &PairMap::refresh);
  connect(asGiven_, &QToolButton::toggled, this, &PairMap::refresh);
  PairMap::restart();
}

What PairMap::what() const {
  return offered_[static_cast<std::size_t>(std::max(choice_->currentIndex(), 0))];
}

void PairMap::restart() {
  SampledMap::restart();
  asGiven_->setVisible(data().taskCount() >= kLeastSorted);
  asGiven_->setChecked(data().taskCount() <= kManyTasks);
  makeOrder();
}

void PairMap::grow() {
  makeOrder();
  const auto& track = data().newestConflictTrack();
  if (!walks())
    shares_ = what() == What::frequency ? track.frequencies() : track.lastHalfFrequencies();
  SampledMap::grow();
}

void PairMap::makeOrder() {
  const int tasks = data().taskCount();
  order_.resize(static_cast<std::size_t>(tasks));
  std::iota(order_.begin(), order_.end(), 0);
  if (asGiven_->isChecked() || tasks < kLeastSorted || data().conflicts().empty()) return;
  const auto means = data().newestConflictTrack().meanCosines();
  std::vector<double> distances;
  for (int a = 0; a < tasks; ++a)
    for (int b = 0; b < tasks; ++b) distances.push_back(taskDistance(means(a, b)));
  const auto count = static_cast<std::size_t>(tasks);
  const auto leaves = leafOrder(dendrogram(std::move(distances), count), count);
  std::transform(leaves.begin(), leaves.end(), order_.begin(),
                 [](std::size_t leaf) { return static_cast<int>(leaf); });
}

int PairMap::sampleCount() const {
  return static_cast<int>(data().conflicts().size());
}

bool PairMap::walks() const {
  return quantityOf(what()).has_value();
}

PairMap::Place PairMap::placeOf(int sample) const {
  const auto place = static_cast<std::size_t>(sample);
  return {&data().conflictTrack(data().conflicts()[place].source), data().conflictRows()[place]};
}

SampledMap::Names PairMap::names(int) const {
  Names out;
  for (const int task : order_) out.rows << data().taskName(task);
  out.columns = out.rows;
  return out;
}

SampledMap::Scale PairMap::scale(int) const {
  const auto quantity = quantityOf(what());
  Scale out{wordsOf(what()), 0, 1, heatColour};
  if (!quantity) return out;
  const auto [least, most] = quantityExtent(*quantity);
  out.least = least;
  out.most = most;
  if (*quantity == PairQuantity::cosine) out.colourOf = cosineColour;
  if (*quantity == PairQuantity::angle)
    out.colourOf = [](Theme theme, double angle) { return cosineColour(theme, 1 - angle / 90); };
  if (*quantity == PairQuantity::curvature)
    out.colourOf = [most = most](Theme theme, double value) {
      return heatColour(theme, value / most);
    };
  return out;
}

double PairMap::value(int sample, int row, int column) const {
  const int a = order_[static_cast<std::size_t>(row)], b = order_[static_cast<std::size_t>(column)];
  if (!walks()) return shares_(a, b);
  const auto place = placeOf(sample);
  if (a == b) {
    const auto& cosines = data().conflicts()[static_cast<std::size_t>(sample)].cosines;
    const auto cell = static_cast<std::size_t>(a * (data().taskCount() + 1));
    if (cell >= cosines.size() || std::isnan(cosines[cell])) return std::nan("");
    return what() == What::cosine || what() == What::magnitudeSimilarity ? 1 : 0;
  }
  const int pair = pairOf(std::min(a, b), std::max(a, b), data().taskCount());
  return place.track->pairValue(*quantityOf(what()), pair, place.row);
}

QString PairMap::cellText(double value) const {
  return fixedText(value, what() == What::angle ? 0 : 2);
}

QString PairMap::remark(int sample) const {
  const auto& record = data().conflicts()[static_cast<std::size_t>(sample)];
  const auto source = sourceText(record.source);
  const double step = data().conflictX().in(XUnit::step)[static_cast<std::size_t>(sample)];
  const QString count = widgets::countText(sampleCount());
  QString text = walks()
                     ? tr("step %1 (%2 of %3), %4")
                           .arg(widgets::countText(std::llround(step)),
                                widgets::countText(sample + 1), count, source + everyText(data()))
                     : tr("all %1 samples, %2").arg(count, source + everyText(data()));
  if (!asGiven_->isChecked() && data().taskCount() >= kLeastSorted) text += tr(", clustered");
  return text + worstText(sample);
}

/// Where there are too many cells to read.
QString PairMap::worstText(int sample) const {
  if (what() != What::cosine || data().taskCount() <= kManyTasks) return {};
  const auto place = placeOf(sample);
  const int pair = place.track->worstPairs().front();
  const auto [a, b] = data().pairTasks(pair);
  return tr(" · worst on the mean: %1 – %2")
      .arg(shortName(data().taskName(a), kNameInBox), shortName(data().taskName(b), kNameInBox));
}

QString PairMap::tip(int sample, int row, int column) const {
  const int a = order_[static_cast<std::size_t>(row)], b = order_[static_cast<std::size_t>(column)];
  if (a == b) return data().taskName(a);
  const auto place = placeOf(sample);
  return pairTip(data(), *place.track, place.row,
                 pairOf(std::min(a, b), std::max(a, b), data().taskCount()));
}

QString PairMap::hint() const {
  return conflictHint(data());
}

/// Over all samples, whatever their source.
Column PairMap::columnOf(int pair) const {
  Column values;
  for (int sample = 0; sample < sampleCount(); ++sample) {
    const auto place = placeOf(sample);
    values.push_back(place.track->pairValue(*quantityOf(what()), pair, place.row));
  }
  return values;
}

std::vector<Series> PairMap::series() const {
  std::vector<Series> out;
  const auto& x = data().conflictX().in(link().unit());
  if (x.empty()) return out;
  for (int pair = 0; pair < data().pairCount(); ++pair) {
    const auto [a, b] = data().pairTasks(pair);
    const QString what = this->what() == What::cosine ? QString("cos") : wordsOf(this->what());
    Series one{QString("%1(%2, %3)").arg(what, data().taskName(a), data().taskName(b)),
               toText(link().unit()),
               x,
               {},
               pair};
    if (walks())
      one.y = columnOf(pair);
    else
      one.x = {x.back()}, one.y = {shares_(a, b)};
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace eq::widgets
