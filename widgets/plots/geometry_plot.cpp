#include "widgets/plots/geometry_plot.h"

#include <algorithm>
#include <cmath>

#include <qcustomplot.h>

#include <QComboBox>
#include <QSignalBlocker>
#include <QToolButton>

#include "widgets/plots/conflict_lines.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

constexpr std::size_t kMostTasks = 3;
constexpr std::size_t kMostPairs = 12;  // offered of many tasks
constexpr double kYaw = 0.6, kPitch = 0.45;

/// Of the tasks of a record that are shown.
Eigen::MatrixXd gramianOf(const train::ConflictRecord& record, const std::vector<int>& tasks) {
  const auto count = static_cast<Eigen::Index>(tasks.size());
  const auto known = [](double value) { return std::isfinite(value) ? value : 0; };
  Eigen::MatrixXd gramian(count, count);
  for (Eigen::Index i = 0; i < count; ++i)
    for (Eigen::Index j = 0; j < count; ++j) {
      const auto a = static_cast<std::size_t>(tasks[static_cast<std::size_t>(i)]);
      const auto b = static_cast<std::size_t>(tasks[static_cast<std::size_t>(j)]);
      const double norms = known(record.norms[a]) * known(record.norms[b]);
      gramian(i, j) = norms * (i == j ? 1 : known(record.cosines[a * record.norms.size() + b]));
    }
  return gramian;
}

QVariant choiceOf(const std::vector<int>& tasks) {
  QVariantList list;
  for (const int task : tasks) list << task;
  return list;
}

}  // namespace

GeometryPlot::GeometryPlot(const RunData& data, PlotLink& link, QWidget* parent)
    : PlotPanel(tr("Geometry"), data, link, parent),
      tasks_(new QComboBox(this)),
      xAxis_(plot().xAxis),
      yAxis_(plot().yAxis) {
  tasks_->setAccessibleName(tr("Tasks"));
  tasks_->setToolTip(tr("The two or three tasks whose gradients are shown"));
  tasks_->setSizeAdjustPolicy(QComboBox::AdjustToContents);
  addControl(tasks_);
  unit_ = addToggle(tr("Equal lengths"), tr("All arrows with length 1: where they point to"));
  reset_ = addToggle(tr("Reset"), tr("Back to the gradients of the run"));
  reset_->setCheckable(false);
  connect(unit_, &QToolButton::toggled, this, &GeometryPlot::refresh);
  connect(reset_, &QToolButton::clicked, this, &GeometryPlot::reset);
  connect(tasks_, &QComboBox::currentIndexChanged, this, &GeometryPlot::reset);
  connect(&link, &PlotLink::cursorChanged, this, [this] {
    if (sample() != sample_) refresh();
  });
  connect(&plot(), &QCustomPlot::mousePress, this,
          [this](const QMouseEvent* event) { pressed(*event); });
  connect(&plot(), &QCustomPlot::mouseMove, this,
          [this](const QMouseEvent* event) { moved(*event); });
  connect(&plot(), &QCustomPlot::mouseRelease, this, &GeometryPlot::released);
  connect(&plot(), &QCustomPlot::afterLayout, this, &GeometryPlot::fitAxes);
  for (const char* id : {"equal", "mgda", "pcgrad", "cagrad"}) setChosen(id, true);
  GeometryPlot::restart();
}

std::vector<std::string> GeometryPlot::chosen() const {
  std::vector<std::string> ids;
  for (const auto& [id, colour] : chosen_) ids.push_back(id);
  return ids;
}

std::optional<int> GeometryPlot::colourOf(const std::string& id) const {
  const auto found = chosen_.find(id);
  return found == chosen_.end() ? std::nullopt : std::optional(found->second);
}

void GeometryPlot::setChosen(const std::string& id, bool chosen) {
  if (!chosen) {
    chosen_.erase(id);
    return refresh();
  }
  int free = static_cast<int>(kMostTasks);  // the tasks have the first colours
  const auto taken = [&](const auto& one) { return one.second == free; };
  while (std::any_of(chosen_.begin(), chosen_.end(), taken)) ++free;
  chosen_.emplace(id, free);
  refresh();
}

void GeometryPlot::restart() {
  byHand_ = false;
  sample_.reset();
  names_.clear();
  const QSignalBlocker blocker(tasks_);
  tasks_->clear();
  offerTasks();
}

void GeometryPlot::reset() {
  byHand_ = false;
  sample_.reset();
  refresh();
}

std::optional<std::size_t> GeometryPlot::sample() const {
  if (data().conflicts().empty()) return std::nullopt;
  const auto& x = data().conflictX().in(link().unit());
  const auto after =
      link().cursor() ? std::upper_bound(x.begin(), x.end(), *link().cursor()) : x.end();
  return static_cast<std::size_t>(std::max<std::ptrdiff_t>(after - x.begin() - 1, 0));
}

/// All tasks where they are two or three, and pairs: of many the worst.
void GeometryPlot::offerTasks() {
  const int count = data().taskCount();
  std::vector<std::vector<int>> choices;
  if (count == 3) choices.push_back({0, 1, 2});
  auto pairs = data().newestConflictTrack().worstPairs();
  if (count < 2) pairs.clear();
  pairs.resize(std::min(pairs.size(), kMostPairs));
  for (const int pair : pairs)
    choices.push_back({data().pairTasks(pair).first, data().pairTasks(pair).second});
  QStringList items;
  for (const auto& tasks : choices) {
    QStringList names;
    for (const int task : tasks) names << shortName(data().taskName(task), kNameInBox);
    items << names.join(tr(" – "));
  }
  tasks_->setVisible(items.size() > 1);
  QStringList offered;
  for (int i = 0; i < tasks_->count(); ++i) offered << tasks_->itemText(i);
  if (items == offered) return;
  const QVariant former = tasks_->currentData();
  const QSignalBlocker blocker(tasks_);
  tasks_->clear();
  for (qsizetype i = 0; i < items.size(); ++i)
    tasks_->addItem(items[i], choiceOf(choices[static_cast<std::size_t>(i)]));
  for (int i = 0; i < tasks_->count(); ++i)
    if (tasks_->itemData(i) == former) tasks_->setCurrentIndex(i);
}

std::vector<int> GeometryPlot::shownTasks() const {
  std::vector<int> tasks;
  for (const QVariant& task : tasks_->currentData().toList()) tasks.push_back(task.toInt());
  return tasks;
}

void GeometryPlot::grow() {
  if (!byHand_) offerTasks();
  const auto newest = sample();
  if (!byHand_ && newest && newest != sample_) takeSample(*newest);
  if (names_.isEmpty()) {
    names_ << tr("first") << tr("second");
    show((Eigen::MatrixXd(2, 2) << 1, -0.6, -0.6, 1.44).finished(), {1, 1});
  }
  reset_->setEnabled(byHand_);
  draw();
}

void GeometryPlot::takeSample(std::size_t sample) {
  const auto tasks = shownTasks();
  if (tasks.size() < 2) return;
  sample_ = sample;
  const auto row = data().rowAt(data().conflictX().in(XUnit::step)[sample], XUnit::step);
  std::vector<double> losses;
  names_.clear();
  for (const int task : tasks) {
    losses.push_back(row ? data().losses(task)[*row] : 1);
    names_ << data().taskName(task);
  }
  show(gramianOf(data().conflicts()[sample], tasks), std::move(losses));
}

void GeometryPlot::show(const Eigen::MatrixXd& gramian, std::vector<double> losses) {
  const auto before = scene_.taskCount();
  scene_.set(gramian, std::move(losses));
  if (before == scene_.taskCount()) return;
  yaw_ = scene_.taskCount() > 2 ? kYaw : 0;
  pitch_ = scene_.taskCount() > 2 ? kPitch : 0;
  emit methodsChanged();
}

QString GeometryPlot::hint() const {
  return {};
}

std::vector<GeometryPlot::Arrow> GeometryPlot::arrows() const {
  std::vector<Arrow> out;
  for (std::size_t i = 0; i < scene_.methods().size(); ++i) {
    const auto& descriptor = *scene_.methods()[i].descriptor;
    const auto colour = colourOf(descriptor.id);
    if (!colour || !scene_.methods()[i].obstacle.empty()) continue;
    if (const auto tip = scene_.update(i))
      out.push_back({QString::fromStdString(descriptor.title), *tip, *colour, Arrow::Kind::method});
  }
  const bool all = static_cast<int>(scene_.taskCount()) == data().taskCount();
  if (!byHand_ && sample_ && all) {
    const auto row = data().rowAt(data().conflictX().in(XUnit::step)[*sample_], XUnit::step);
    std::vector<double> weights;
    for (int task = 0; row && task < data().taskCount(); ++task)
      weights.push_back(data().weights(task)[*row]);
    if (row) out.push_back({tr("this run"), scene_.combined(weights), 0, Arrow::Kind::run});
  }
  for (std::size_t task = 0; task < scene_.taskCount(); ++task)
    out.push_back({names_.value(static_cast<qsizetype>(task)), scene_.tips()[task],
                   static_cast<int>(task), Arrow::Kind::task});
  return out;
}

Place3 GeometryPlot::shown(const Place3& place) const {
  const double length = lengthOf(place);
  return unit_->isChecked() && length > 0 ? scaled(place, 1 / length) : place;
}

QPointF GeometryPlot::project(const Place3& place) const {
  return {std::cos(yaw_) * place.x + std::sin(yaw_) * place.z,
          std::sin(pitch_) * std::sin(yaw_) * place.x + std::cos(pitch_) * place.y -
              std::sin(pitch_) * std::cos(yaw_) * place.z};
}

/// In the plane of the screen through 0.
Place3 GeometryPlot::unproject(const QPointF& screen) const {
  return {std::cos(yaw_) * screen.x() + std::sin(pitch_) * std::sin(yaw_) * screen.y(),
          std::cos(pitch_) * screen.y(),
          std::sin(yaw_) * screen.x() - std::sin(pitch_) * std::cos(yaw_) * screen.y()};
}

QPointF GeometryPlot::tipPixel(std::size_t task) const {
  const QPointF at = project(shown(scene_.tips()[task]));
  return {xAxis_->coordToPixel(at.x()), yAxis_->coordToPixel(at.y())};
}

std::vector<Series> GeometryPlot::series() const {
  std::vector<Series> out;
  for (const Arrow& arrow : arrows()) {
    const QPointF tip = project(shown(arrow.tip));
    out.push_back({arrow.name, tr("along"), {0, tip.x()}, {0, tip.y()}, arrow.colour});
  }
  return out;
}

}  // namespace eq::widgets
