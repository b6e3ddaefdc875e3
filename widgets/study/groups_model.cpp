#include "widgets/study/groups_model.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include <QFont>

#include "core/base/number_text.h"
#include "core/run/run_values.h"
#include "core/study/comparison_text.h"
#include "widgets/style/plain_text.h"

namespace eq::widgets {
namespace {

constexpr int kGroupDigits = 4;

QString fewDigits(double value) {
  return QString::fromStdString(numberText(value, kGroupDigits));
}

QString orDash(const std::optional<double>& value) {
  return value ? fewDigits(*value) : QString("–");
}

}  // namespace

void GroupsModel::show(const ComparisonPtr& view) {
  beginResetModel();
  view_ = view;
  chooseColumns();
  endResetModel();
}

void GroupsModel::setDifferences(bool shown) {
  differences_ = shown;
  if (rowCount() > 0) emit dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1));
}

void GroupsModel::chooseColumns() {
  columns_.clear();
  if (!view_) return;
  columns_ = {{Kind::group, {}, {}}, {Kind::size, {}, {}}};
  std::set<std::pair<std::string, std::string>> metrics;
  std::set<std::string> drops;
  bool ranks = false;
  for (const auto& group : view_->comparison.groups) {
    for (const auto& [task, ofTask] : group.metrics)
      for (const auto& [metric, one] : ofTask) metrics.emplace(task, metric);
    for (const auto& [task, drop] : group.taskDrops)
      if (drop) drops.insert(task);
    ranks = ranks || group.meanRank;
  }
  for (const auto& [task, metric] : metrics) columns_.push_back({Kind::metric, task, metric});
  if (!drops.empty()) columns_.push_back({Kind::drop, {}, {}});
  for (const auto& task : drops) columns_.push_back({Kind::taskDrop, task, {}});
  if (ranks) columns_.push_back({Kind::rank, {}, {}});
}

int GroupsModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() || !view_ ? 0 : static_cast<int>(view_->comparison.groups.size());
}

int GroupsModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(columns_.size());
}

const study::Group& GroupsModel::group(int row) const {
  return view_->comparison.groups[static_cast<std::size_t>(row)];
}

const study::GroupMetric* GroupsModel::metricAt(const QModelIndex& index) const {
  const auto& column = columns_[static_cast<std::size_t>(index.column())];
  const auto& metrics = group(index.row()).metrics;
  const auto ofTask = metrics.find(column.task);
  if (column.kind != Kind::metric || ofTask == metrics.end()) return nullptr;
  const auto found = ofTask->second.find(column.metric);
  return found == ofTask->second.end() ? nullptr : &found->second;
}

const study::PairedTest* GroupsModel::testAt(const QModelIndex& index) const {
  const auto& column = columns_[static_cast<std::size_t>(index.column())];
  if (column.kind != Kind::metric) return nullptr;
  for (const auto& test : view_->comparison.tests)
    if (test.group == static_cast<std::size_t>(index.row()) && test.task == column.task &&
        test.metric == column.metric)
      return &test;
  return nullptr;
}

std::optional<double> GroupsModel::number(const QModelIndex& index) const {
  const auto& column = columns_[static_cast<std::size_t>(index.column())];
  const auto& one = group(index.row());
  switch (column.kind) {
    case Kind::size:
      return static_cast<double>(one.runs.size());
    case Kind::metric: {
      if (const auto* test = differences_ ? testAt(index) : nullptr) return test->difference;
      const auto* metric = metricAt(index);
      return metric ? metric->summary.mean : std::nullopt;
    }
    case Kind::drop:
      return one.drop;
    case Kind::taskDrop: {
      const auto found = one.taskDrops.find(column.task);
      return found == one.taskDrops.end() ? std::nullopt : found->second;
    }
    case Kind::rank:
      return one.meanRank;
    case Kind::group:
      break;
  }
  return std::nullopt;
}

QString GroupsModel::metricText(const QModelIndex& index) const {
  if (const auto* test = differences_ ? testAt(index) : nullptr) {
    if (!test->difference) return "–";
    return (*test->difference > 0 ? "+" : "") + fewDigits(*test->difference);
  }
  const auto* metric = metricAt(index);
  if (!metric) return "–";
  const auto& summary = metric->summary;
  if (!summary.low || !summary.high) return orDash(summary.mean);
  return tr("%1 [%2, %3]").arg(orDash(summary.mean), orDash(summary.low), orDash(summary.high));
}

QString GroupsModel::text(const QModelIndex& index) const {
  switch (columns_[static_cast<std::size_t>(index.column())].kind) {
    case Kind::group:
      return groupTitle(view_->comparison, static_cast<std::size_t>(index.row()));
    case Kind::size:
      return QString::number(group(index.row()).runs.size());
    case Kind::metric:
      return metricText(index);
    default:
      return orDash(number(index));
  }
}

QString GroupsModel::metricTip(const QModelIndex& index) const {
  const auto* metric = metricAt(index);
  if (!metric) return tr("Not evaluated");
  const auto& summary = metric->summary;
  QStringList values;
  for (const auto& value : metric->values) values << orDash(value);
  return tr("mean %1, 95 % interval of the mean (Student's t) %2 to %3\nmedian %4, standard "
            "deviation %5\nby seed: %6")
      .arg(orDash(summary.mean), orDash(summary.low), orDash(summary.high), orDash(summary.median),
           orDash(summary.deviation), values.join(", "));
}

QString GroupsModel::tip(const QModelIndex& index) const {
  const auto& one = group(index.row());
  switch (columns_[static_cast<std::size_t>(index.column())].kind) {
    case Kind::group:
    case Kind::size: {
      QStringList runs;
      for (const auto* run : one.runs)
        runs << tr("seed %1: %2").arg(run->seed).arg(shownName(run->folder.filename().string()));
      return QString::fromStdString(study::fieldsInWords(one)) + "\n" + runs.join('\n');
    }
    case Kind::metric:
      return metricTip(index);
    case Kind::drop:
    case Kind::taskDrop:
      return tr("Change against single-task runs in percent; below 0 is better");
    case Kind::rank:
      return tr("Mean rank of the group's means over tasks and metrics; 1 is the best");
  }
  return {};
}

bool GroupsModel::isBest(const QModelIndex& index) const {
  const auto& column = columns_[static_cast<std::size_t>(index.column())];
  if (column.kind == Kind::group || column.kind == Kind::size || rowCount() < 2) return false;
  if (differences_ && column.kind == Kind::metric) return false;
  if (column.kind == Kind::metric && !view_->comparison.isComparable(column.task, column.metric))
    return false;
  const bool higher = column.kind == Kind::metric && run::isHigherBetter(column.metric);
  const auto own = number(index);
  if (!own || !std::isfinite(*own)) return false;
  for (int row = 0; row < rowCount(); ++row)
    if (const auto other = number(this->index(row, index.column())))
      if (higher ? *other > *own : *other < *own) return false;
  return true;
}

QVariant GroupsModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid() || !view_) return {};
  if (role == Qt::DisplayRole) return text(index);
  if (role == Qt::ToolTipRole) return plainToolTip(tip(index));
  if (role == Qt::UserRole) {
    const auto value = number(index);
    return value ? QVariant(*value) : index.column() == 0 ? QVariant(text(index)) : QVariant();
  }
  if (role == Qt::TextAlignmentRole && index.column() > 0)
    return static_cast<int>(Qt::AlignRight | Qt::AlignVCenter);
  if (role == Qt::FontRole && isBest(index)) {
    QFont bold;
    bold.setBold(true);
    return bold;
  }
  return {};
}

QVariant GroupsModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal) return {};
  const auto& column = columns_.at(static_cast<std::size_t>(section));
  if (role == Qt::ToolTipRole && column.kind == Kind::metric)
    return QString::fromStdString(view_->comparison.whichIsBetter(column.task, column.metric));
  if (role != Qt::DisplayRole) return {};
  switch (column.kind) {
    case Kind::group:
      return tr("Group");
    case Kind::size:
      return tr("n");
    case Kind::metric:
      return metricTitle(view_->comparison, column.task, column.metric);
    case Kind::drop:
      return tr("Δm % ↓");
    case Kind::taskDrop:
      return tr("Δ %1 % ↓").arg(shortName(QString::fromStdString(column.task), kNameInBox));
    case Kind::rank:
      return tr("mean rank ↓");
  }
  return {};
}

}  // namespace eq::widgets
