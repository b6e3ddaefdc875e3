#include "widgets/explorer/loss_comparison.h"

#include <qcustomplot.h>

#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QScrollBar>
#include <QSignalBlocker>
#include <QSortFilterProxyModel>
#include <QSplitter>
#include <QTableView>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "widgets/explorer/example_table.h"
#include "widgets/style/choice_box.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/table_copy.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

constexpr int kRow = 52;  // pixels
/// y at `at`, between the points of a curve.
double interpolated(const std::vector<double>& x, const std::vector<double>& y, double at) {
  const auto above = std::lower_bound(x.begin(), x.end(), at) - x.begin();
  const auto right = static_cast<size_t>(std::clamp<std::ptrdiff_t>(above, 1, std::ssize(x) - 1));
  const double share = (at - x[right - 1]) / (x[right] - x[right - 1]);
  return y[right - 1] + share * (y[right] - y[right - 1]);
}

constexpr double kSmall = 1e-9;  // of a slope below which a ratio says nothing

}  // namespace

RatioPlot::RatioPlot(const RunData& data, PlotLink& link, QWidget* parent)
    : PlotPanel(tr("Ratio of two losses"), data, link, parent) {
  setTitleShown(false);
  plot().yAxis->setLabel(tr("Second / first"));
  plot().setInteractions(QCP::iRangeDrag | QCP::iRangeZoom);
  plot().addGraph()->setName(tr("value"));
  plot().addGraph()->setName(tr("slope"));
}

void RatioPlot::setLosses(const std::optional<std::pair<ComparedLoss, ComparedLoss>>& losses,
                          const QString& axis) {
  axis_ = axis;
  x_.clear();
  value_.clear();
  slope_.clear();
  if (losses) {
    const auto& [first, second] = *losses;
    const auto ratio = [](double above, double below) {
      return std::abs(below) > kSmall ? above / below : std::nan("");
    };
    for (size_t i = 0; i < first.curve.x.size(); ++i) {
      x_.push_back(first.curve.x[i]);
      const auto at = [&](const std::vector<double>& y) {
        return interpolated(second.curve.x, y, first.curve.x[i]);
      };
      value_.push_back(ratio(at(second.curve.value), first.curve.value[i]));
      slope_.push_back(ratio(at(second.curve.slope), first.curve.slope[i]));
    }
    setRemark(tr("%1 / %2").arg(second.name, first.name));
  }
  refresh();
}

void RatioPlot::grow() {
  plot().xAxis->setLabel(axis_);
  plot().graph(0)->setData({x_.begin(), x_.end()}, {value_.begin(), value_.end()}, true);
  plot().graph(1)->setData({x_.begin(), x_.end()}, {slope_.begin(), slope_.end()}, true);
  if (x_.empty()) return;
  plot().xAxis->setRange(x_.front(), x_.back());
  plot().yAxis->rescale();
  const auto range = plot().yAxis->range();
  plot().yAxis->setRange(std::max(range.lower, -1.0), std::min(range.upper, 10.0) + 0.1);
}

void RatioPlot::restyle(const PlotStyle& style) {
  plot().graph(0)->setPen(taskPen(style.theme, 0, style.lineWidth + 0.5));
  plot().graph(1)->setPen(taskPen(style.theme, 1, style.lineWidth + 0.5));
  plot().legend->setVisible(style.legend);
}

QString RatioPlot::hint() const {
  return x_.empty() ? tr("Add two losses to compare them.") : QString();
}

std::vector<Series> RatioPlot::series() const {
  if (x_.empty()) return {};
  return {{tr("value ratio"), axis_, x_, value_, 0}, {tr("slope ratio"), axis_, x_, slope_, 1}};
}

LossComparison::LossComparison(const RunData& data, PlotLink& link, QWidget* parent)
    : QWidget(parent) {
  first_ = new ChoiceBox(this);
  second_ = new ChoiceBox(this);
  first_->setAccessibleName(tr("First loss"));
  second_->setAccessibleName(tr("Second loss"));
  auto* choices = new QHBoxLayout;
  choices->addWidget(new QLabel(tr("First"), this));
  choices->addWidget(first_, 1);
  choices->addWidget(new QLabel(tr("Second"), this));
  choices->addWidget(second_, 1);
  ratio_ = new RatioPlot(data, link);
  table_ = new ExampleTable(this);
  sorted_ = new QSortFilterProxyModel(this);
  sorted_->setSourceModel(table_);
  sorted_->setSortRole(Qt::UserRole);
  view_ = new QTableView;
  view_->setModel(sorted_);
  view_->setSortingEnabled(true);
  view_->sortByColumn(ExampleTable::kRatio, Qt::DescendingOrder);
  view_->verticalHeader()->hide();
  view_->verticalHeader()->setDefaultSectionSize(kRow);
  view_->setIconSize({kRow - 4, kRow - 4});
  view_->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
  view_->setSelectionBehavior(QAbstractItemView::SelectRows);
  view_->setAlternatingRowColors(true);
  view_->setAccessibleName(tr("Examples and the gradients they get"));
  view_->setContextMenuPolicy(Qt::ActionsContextMenu);
  new TableCopy(*view_, tr("Examples and the gradients they get"));
  note_ = new QLabel;
  note_->setTextFormat(Qt::PlainText);
  note_->setWordWrap(true);
  note_->setForegroundRole(QPalette::PlaceholderText);
  auto* lower = new QWidget;
  auto* lowerLayout = new QVBoxLayout(lower);
  lowerLayout->setContentsMargins(0, 0, 0, 0);
  lowerLayout->addWidget(note_);
  lowerLayout->addWidget(view_, 1);
  auto* splitter = new QSplitter(Qt::Vertical, this);
  splitter->addWidget(ratio_);
  splitter->addWidget(lower);
  splitter->setChildrenCollapsible(false);
  auto* layout = new QVBoxLayout(this);
  layout->addLayout(choices);
  layout->addWidget(splitter, 1);
  for (auto* box : {first_, second_})
    connect(box, &QComboBox::activated, this, [this] {
      update();
      emit chosenChanged();
    });
  connect(view_->verticalScrollBar(), &QScrollBar::valueChanged, this,
          &LossComparison::askForPictures);
  connect(view_->horizontalHeader(), &QHeaderView::sortIndicatorChanged, this,
          &LossComparison::askForPictures, Qt::QueuedConnection);
  update();
}

PlotPanel* LossComparison::plot() const {
  return ratio_;
}

void LossComparison::setLosses(std::vector<ComparedLoss> losses, const QString& axis) {
  const auto before = chosen();
  losses_ = std::move(losses);
  axis_ = axis;
  fillBoxes();
  update();
  if (chosen() != before) emit chosenChanged();
}

void LossComparison::fillBoxes() {
  const int wanted[] = {std::max(0, first_->currentIndex()),
                        second_->currentIndex() < 0 ? 1 : second_->currentIndex()};
  int place = 0;
  for (auto* box : {first_, second_}) {
    const QSignalBlocker blocker(box);
    box->clear();
    for (const auto& loss : losses_) box->addItem(loss.name);
    box->setCurrentIndex(std::min<int>(wanted[place++], static_cast<int>(losses_.size()) - 1));
  }
  // A loss beside itself says nothing.
  if (losses_.size() > 1 && first_->currentIndex() == second_->currentIndex())
    second_->setCurrentIndex(first_->currentIndex() == 0 ? 1 : 0);
}

std::vector<train::MethodSpec> LossComparison::chosen() const {
  if (losses_.size() < 2) return {};
  return {losses_[static_cast<size_t>(first_->currentIndex())].method,
          losses_[static_cast<size_t>(second_->currentIndex())].method};
}

void LossComparison::update() {
  if (losses_.size() < 2) {
    ratio_->setLosses(std::nullopt, axis_);
  } else {
    ratio_->setLosses(std::pair(losses_[static_cast<size_t>(first_->currentIndex())],
                                losses_[static_cast<size_t>(second_->currentIndex())]),
                      axis_);
  }
  if (table_->rowCount() == 0)
    note_->setText(
        tr("With a run going on and two losses that fit its task, the table says which "
           "examples get more gradient from the second than from the first."));
}

void LossComparison::showExamples(const train::ExampleView& view) {
  if (view.request.losses != chosen()) return;
  const int place = view_->verticalScrollBar()->value();
  table_->setView(view, axis_, first_->currentText(), second_->currentText());
  view_->verticalScrollBar()->setValue(place);
  QStringList problems;
  for (const auto& problem : view.problems)
    if (!problem.empty()) problems << shownName(problem);
  note_->setText(problems.isEmpty()
                     ? tr("%1 validation examples at step %2: length of the gradient of each "
                          "loss in the example's prediction.")
                           .arg(countText(table_->rowCount()), countText(view.step))
                     : problems.join('\n'));
  askForPictures();
}

void LossComparison::showPictures(const std::vector<train::ExamplePicture>& pictures) {
  table_->addPictures(pictures);
}

void LossComparison::forgetPictures() {
  table_->forgetPictures();
}

void LossComparison::askForPictures() {
  if (!view_->isVisible()) return;
  std::vector<std::int64_t> wanted;
  const int top = std::max(0, view_->rowAt(0));
  const int rows = view_->viewport()->height() / kRow + 2;
  for (int row = top; row < std::min(sorted_->rowCount(), top + rows); ++row) {
    const auto example = static_cast<std::int64_t>(
        sorted_->index(row, ExampleTable::kExample).data(Qt::UserRole).toDouble());
    if (!table_->hasPicture(example)) wanted.push_back(example);
  }
  if (!wanted.empty()) emit picturesWanted(wanted);
}

}  // namespace eq::widgets
