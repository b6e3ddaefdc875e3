#include "widgets/study/tests_model.h"

#include <array>
#include <optional>

#include "core/base/number_text.h"
#include "core/study/comparison_text.h"
#include "widgets/style/plain_text.h"

namespace eq::widgets {
namespace {

constexpr int kTestDigits = 4;
constexpr double kLevel = 0.05;

std::optional<double> numberIn(const study::PairedTest& test, int column) {
  switch (column) {
    case TestsModel::kPairs:
      return static_cast<double>(test.pairs);
    case TestsModel::kDifference:
      return test.difference;
    case TestsModel::kWilcoxon:
      return test.wilcoxon;
    case TestsModel::kWilcoxonHolm:
      return test.wilcoxonHolm;
    case TestsModel::kT:
      return test.t;
    case TestsModel::kTHolm:
      return test.tHolm;
    default:
      return std::nullopt;
  }
}

/// What the corrected tests say at 5 %; without p, why there is none.
QString whatItSays(const study::PairedTest& test) {
  if (!test.wilcoxonHolm || !test.tHolm) return QString::fromStdString(test.note);
  const bool wilcoxon = *test.wilcoxonHolm < kLevel, t = *test.tHolm < kLevel;
  if (wilcoxon && t) return TestsModel::tr("differs at 5 %, by both tests");
  if (wilcoxon || t)
    return TestsModel::tr("differs at 5 % by %1 alone")
        .arg(wilcoxon ? TestsModel::tr("Wilcoxon") : TestsModel::tr("t"));
  return TestsModel::tr("no difference shown at 5 %");
}

}  // namespace

void TestsModel::show(const ComparisonPtr& view) {
  beginResetModel();
  view_ = view;
  endResetModel();
}

int TestsModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() || !view_ ? 0 : static_cast<int>(view_->comparison.tests.size());
}

int TestsModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : kColumns;
}

const study::PairedTest& TestsModel::test(int row) const {
  return view_->comparison.tests[static_cast<std::size_t>(row)];
}

QString TestsModel::text(const study::PairedTest& test, int column) const {
  if (column == kMetric) return metricTitle(view_->comparison, test.task, test.metric);
  if (column == kGroups)
    return tr("%1 − %2").arg(QString::fromStdString(study::groupLetter(test.group)),
                             QString::fromStdString(study::groupLetter(test.baseline)));
  if (column == kSays) return whatItSays(test);
  const auto number = numberIn(test, column);
  return number ? QString::fromStdString(numberText(*number, kTestDigits)) : QString("–");
}

QVariant TestsModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid()) return {};
  const auto& one = test(index.row());
  const auto number = numberIn(one, index.column());
  if (role == Qt::DisplayRole) return text(one, index.column());
  if (role == Qt::UserRole) return number ? QVariant(*number) : QVariant(text(one, index.column()));
  if (role == Qt::ToolTipRole)
    return plainToolTip(tr("%1\nagainst\n%2")
                            .arg(groupTitle(view_->comparison, one.group),
                                 groupTitle(view_->comparison, one.baseline)));
  if (role == Qt::TextAlignmentRole && index.column() >= kPairs && index.column() < kSays)
    return static_cast<int>(Qt::AlignRight | Qt::AlignVCenter);
  return {};
}

QVariant TestsModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal) return {};
  static const std::array<std::pair<const char*, const char*>, kColumns> kTitles{{
      {QT_TR_NOOP("Metric"), QT_TR_NOOP("An arrow up: higher is better")},
      {QT_TR_NOOP("Groups"), QT_TR_NOOP("The group, and the baseline")},
      {QT_TR_NOOP("n"), QT_TR_NOOP("Pairs of equal seed; differences of zero count")},
      {QT_TR_NOOP("Difference"), QT_TR_NOOP("Mean of group minus baseline over the pairs")},
      {QT_TR_NOOP("Wilcoxon p"), QT_TR_NOOP("Wilcoxon's signed-rank test, two-sided")},
      {QT_TR_NOOP("with Holm"), QT_TR_NOOP("Wilcoxon's p, Holm's correction over all rows")},
      {QT_TR_NOOP("t p"), QT_TR_NOOP("Paired t test, two-sided")},
      {QT_TR_NOOP("with Holm"), QT_TR_NOOP("The t test's p, Holm's correction over all rows")},
      {QT_TR_NOOP("Says"), QT_TR_NOOP("What the corrected tests say at 5 %")},
  }};
  const auto& [title, tip] = kTitles.at(static_cast<std::size_t>(section));
  if (role == Qt::DisplayRole) return tr(title);
  if (role == Qt::ToolTipRole) return tr(tip);
  return {};
}

}  // namespace eq::widgets
