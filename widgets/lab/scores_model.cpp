#include "widgets/lab/scores_model.h"

#include <QColor>
#include <QFont>

#include "widgets/style/plain_text.h"
#include "widgets/style/theme.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

constexpr int kDigits = 4;

QString metricText(const std::string& id) {
  return shownName(id).replace('_', ' ');
}

}  // namespace

void ScoresModel::clear() {
  beginResetModel();
  scores_ = {};
  experts_.clear();
  endResetModel();
}

void ScoresModel::show(const run::LabScores& scores, const QStringList& experts,
                       const QPalette& palette) {
  const bool same =
      scores.tasks.size() == scores_.tasks.size() && experts == experts_ && palette == palette_;
  if (!same) beginResetModel();
  scores_ = scores;
  experts_ = experts;
  palette_ = palette;
  if (!same) return endResetModel();
  emit dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1));
}

int ScoresModel::rowCount(const QModelIndex& parent) const {
  if (parent.isValid() || scores_.tasks.empty()) return 0;
  return static_cast<int>(scores_.tasks.size()) + 1;
}

int ScoresModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : kFirstExpert + static_cast<int>(experts_.size());
}

std::optional<double> ScoresModel::number(int row, int column) const {
  if (isMean(row)) return column == kNormalised ? scores_.normalised : std::nullopt;
  const auto& score = scores_.tasks[static_cast<std::size_t>(row)];
  switch (column) {
    case kMerged:
      return score.merged;
    case kNormalised:
      return score.normalised;
    case kBase:
      return score.base;
    default:
      if (column < kFirstExpert) return std::nullopt;
      return score.experts[static_cast<std::size_t>(column - kFirstExpert)];
  }
}

bool ScoresModel::isOwn(int row, int column) const {
  return !isMean(row) && column >= kFirstExpert &&
         scores_.tasks[static_cast<std::size_t>(row)].head ==
             static_cast<std::size_t>(column - kFirstExpert);
}

QString ScoresModel::text(int row, int column) const {
  if (column == kTask && isMean(row)) return tr("Mean");
  if (isMean(row) && column != kNormalised) return {};
  if (column == kTask) return shownName(scores_.tasks[static_cast<std::size_t>(row)].task);
  if (column == kMetric) return metricText(scores_.tasks[static_cast<std::size_t>(row)].metric);
  const auto found = number(row, column);
  return found ? fixedText(*found, kDigits) : QString("–");
}

QString ScoresModel::tip(int row, int column) const {
  if (isMean(row))
    return tr("The mean over the tasks in which both merged model and expert are above 0");
  const auto& score = scores_.tasks[static_cast<std::size_t>(row)];
  if (column == kMetric)
    return score.higherIsBetter ? tr("Higher is better") : tr("Lower is better");
  if (column == kNormalised)
    return score.higherIsBetter ? tr("Merged by the expert of this task; 1 is as good as it")
                                : tr("The expert of this task by merged; 1 is as good as it");
  if (isOwn(row, column)) return tr("The merged model has this expert's head for the task");
  if (column == kMerged && !score.head)
    return tr("No expert trains this task: it has the base's head");
  return {};
}

QVariant ScoresModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid()) return {};
  const int row = index.row(), column = index.column();
  const bool isNumber = column >= kMerged;
  switch (role) {
    case Qt::DisplayRole:
    case Qt::AccessibleTextRole:
      return text(row, column);
    case Qt::UserRole:
      if (const auto found = number(row, column)) return *found;
      return {};
    case Qt::ToolTipRole:
      return plainToolTip(tip(row, column));
    case Qt::FontRole: {
      QFont font;
      font.setBold(column == kMerged || column == kNormalised || isOwn(row, column));
      return font;
    }
    case Qt::TextAlignmentRole:
      return QVariant((isNumber ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    default:
      return {};
  }
}

QVariant ScoresModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal) return {};
  if (section >= kFirstExpert) {
    const int expert = section - kFirstExpert;
    if (expert >= experts_.size()) return {};
    if (role == Qt::ForegroundRole) return taskColour(themeOf(palette_), expert);
    if (role == Qt::ToolTipRole)
      return plainToolTip(tr("The expert %1 on its own").arg(experts_[expert]));
    return role == Qt::DisplayRole ? QVariant(shortName(experts_[expert], kNameInBox)) : QVariant();
  }
  if (role != Qt::DisplayRole) return {};
  switch (section) {
    case kTask:
      return tr("Task");
    case kMetric:
      return tr("Metric");
    case kMerged:
      return tr("Merged");
    case kNormalised:
      return tr("Normalised");
    default:
      return tr("Base");
  }
}

}  // namespace eq::widgets
