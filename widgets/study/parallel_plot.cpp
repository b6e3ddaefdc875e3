#include "widgets/study/parallel_plot.h"

#include <algorithm>
#include <cmath>

#include <qcustomplot.h>

#include <QAction>
#include <QLineEdit>

#include "core/base/expression_scanner.h"
#include "widgets/style/field_problem.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

constexpr std::size_t kUsualFields = 5;
constexpr qsizetype kNamedOthers = 3;

QCPCurve* makeStrand(QCustomPlot& plot) {
  auto* curve = new QCPCurve(plot.xAxis, plot.yAxis);
  curve->removeFromLegend();
  return curve;
}

}  // namespace

double ParallelPlot::Axis::shareOf(double value) const {
  if (!(high > low)) return 0.5;
  if (!logarithmic) return (value - low) / (high - low);
  return std::log(value / low) / std::log(high / low);
}

bool ParallelPlot::Axis::draws(double value) const {
  return std::isfinite(value) && (!logarithmic || value > 0);
}

ParallelPlot::ParallelPlot(const RunData& data, PlotLink& link, QWidget* parent)
    : PlotPanel(tr("Parallel coordinates"), data, link, parent),
      field_(new QLineEdit(this)),
      log_(new QAction(this)) {
  field_->setAccessibleName(tr("Axes"));
  field_->setPlaceholderText(tr("axes: what differs"));
  field_->setToolTip(
      tr("Quantities apart by semicolons: optimizer.lr; weighting; "
         "best(val.left.accuracy). Empty: the fields in which the runs differ, and "
         "a metric"));
  addControl(field_);
  log_->setCheckable(true);
  log_->setVisible(false);
  addMenuActions({log_});
  connect(log_, &QAction::triggered, this, [this](bool logarithmic) {
    if (menuAxis_) setLogarithmic(*menuAxis_, logarithmic);
  });
  connect(field_, &QLineEdit::textChanged, this, &ParallelPlot::refresh);
  plot().legend->setVisible(false);
  pale_ = makeStrand(plot());
  for (std::size_t i = 0; i < kColours; ++i) curves_.push_back(makeStrand(plot()));
  chosenLines_ = makeStrand(plot());
  bars_ = makeStrand(plot());
  for (auto* axis : {plot().xAxis, plot().yAxis}) axis->setVisible(false);
  // Room for the words above and below the axes, whatever the height.
  connect(&plot(), &QCustomPlot::beforeReplot, this, [this] {
    const double words = 2.2 * fontMetrics().height();
    const double room = std::max(plot().axisRect()->height() - 2 * words, words);
    plot().yAxis->setRange(-words / room, 1 + words / room);
  });
  makeMouse();
}

void ParallelPlot::setRuns(const std::vector<study::IndexedRunPtr>& runs) {
  runs_ = runs;
  refresh();
}

void ParallelPlot::setChosen(const Folders& folders) {
  chosen_ = {folders.begin(), folders.end()};
  refresh();
}

void ParallelPlot::setAxes(const QString& text) {
  field_->setText(text);
}

void ParallelPlot::setLogarithmic(std::size_t axis, bool logarithmic) {
  logarithmic_[axes_[axis].title] = logarithmic;
  refresh();
}

void ParallelPlot::brush(std::size_t axis, const std::optional<Brush>& brush) {
  if (brush)
    brushes_[axes_[axis].title] = *brush;
  else
    brushes_.erase(axes_[axis].title);
  refresh();
  emit chosen(brushes_.empty() ? Folders() : brushed());
}

// --- What is drawn

void ParallelPlot::readAxes() {
  std::vector<QString> texts;
  for (const auto& text : field_->text().split(';', Qt::SkipEmptyParts))
    if (!text.trimmed().isEmpty()) texts.push_back(text.trimmed());
  others_.clear();
  if (texts.empty()) {
    const auto usual = usualQuantities(runs_, kUsualFields);
    texts = usual.shown;
    others_ = usual.others;
  }
  const auto names = study::namesOf(runs_);
  std::vector<Axis> axes;
  QString problem;
  for (const auto& text : texts) try {
      axes.push_back({text, valuesOf(quantityFrom(text, names, "axis"), runs_)});
    } catch (const ExpressionError& error) {
      problem = QString::fromUtf8(error.what());
    }
  markProblem(*field_, problem);
  for (Axis& axis : axes) measure(axis);
  axes_ = std::move(axes);
}

void ParallelPlot::measure(Axis& axis) const {
  const auto chosen = logarithmic_.find(axis.title);
  axis.logarithmic =
      axis.of.categories.isEmpty() &&
      (chosen == logarithmic_.end() ? isWideField(axis.title, axis.of, runs_) : chosen->second);
  std::optional<double> least, most;
  for (const double value : axis.of.values) {
    if (!axis.draws(value)) continue;
    least = std::min(least.value_or(value), value);
    most = std::max(most.value_or(value), value);
  }
  axis.low = least.value_or(0);
  axis.high = most.value_or(1);
}

void ParallelPlot::grow() {
  readAxes();
  drawn_.clear();
  missing_ = 0;
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    const bool whole = std::all_of(axes_.begin(), axes_.end(),
                                   [i](const Axis& axis) { return axis.draws(axis.of.values[i]); });
    if (whole && axes_.size() > 1)
      drawn_.push_back(i);
    else
      ++missing_;
  }
  drawLines();
  drawAxes();
  plot().xAxis->setRange(-0.35, static_cast<double>(std::max<std::size_t>(axes_.size(), 2)) - 0.65);
  setStyle(style());
  tell();
}

bool ParallelPlot::isBrushed(std::size_t run) const {
  return std::all_of(axes_.begin(), axes_.end(), [&](const Axis& axis) {
    const auto found = brushes_.find(axis.title);
    if (found == brushes_.end()) return true;
    const double share = axis.shareOf(axis.of.values[run]);
    return share >= found->second.low - 1e-9 && share <= found->second.high + 1e-9;
  });
}

ParallelPlot::Folders ParallelPlot::brushed() const {
  Folders folders;
  for (const auto run : drawn_)
    if (isBrushed(run)) folders.push_back(runs_[run]->info.folder);
  return folders;
}

void ParallelPlot::tell() {
  QStringList texts{tr("n %1 of %2 runs").arg(drawn_.size()).arg(runs_.size())};
  if (missing_ > 0) texts << tr("%1 without all values").arg(missing_);
  if (!others_.isEmpty())
    texts << tr("%1 more fields differ: %2%3")
                 .arg(others_.size())
                 .arg(others_.mid(0, kNamedOthers).join(", "),
                      others_.size() > kNamedOthers ? " …" : "");
  if (!brushes_.empty()) texts << tr("%1 brushed").arg(brushed().size());
  setRemark(texts.join(" · "));
}

QString ParallelPlot::hint() const {
  if (runs_.empty()) return tr("The runs that the table lists are drawn here, a line each.");
  if (axes_.size() < 2)
    return tr(
        "Two axes are needed: type them above, such as optimizer.lr; best(val.left.accuracy).");
  return drawn_.empty() ? tr("No run has a value on every axis.") : QString();
}

std::vector<Series> ParallelPlot::series() const {
  std::vector<Series> all;
  for (std::size_t i = 0; i < axes_.size(); ++i) {
    Series one{axes_[i].title, tr("Run"), {}, {}, static_cast<int>(i)};
    for (const auto run : drawn_) {
      one.x.push_back(static_cast<double>(run + 1));
      one.y.push_back(axes_[i].of.values[run]);
    }
    all.push_back(std::move(one));
  }
  return all;
}

}  // namespace eq::widgets
