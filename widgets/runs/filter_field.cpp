#include "widgets/runs/filter_field.h"

#include <utility>

#include <QRegularExpression>

#include "core/base/expression_scanner.h"
#include "core/study/indexed_run.h"
#include "widgets/runs/runs_filter.h"
#include "widgets/style/field_problem.h"
#include "widgets/style/name_completion.h"

namespace eq::widgets {
namespace {

constexpr const char* kPlace = "filter";

/// Whether a text can only be meant as an expression.
bool isExpression(const QString& text) {
  static const QRegularExpression operators("[=<>~(]|!=");
  return text.contains(operators);
}

}  // namespace

FilterField::FilterField(RunsFilter& filter, QWidget* parent)
    : QLineEdit(parent), filter_(filter), completion_(new NameCompletion(*this)) {
  setPlaceholderText(tr("Filter runs"));
  setToolTip(
      tr("A text that a column has, or an expression over fields and series:\n"
         "weighting == \"uncertainty\" and best(val.left.accuracy) > 0.95 and tag ~ \"paper\""));
  setClearButtonEnabled(true);
  setAccessibleName(tr("Filter runs"));
  connect(this, &QLineEdit::textChanged, this, &FilterField::apply);
}

void FilterField::setNames(std::vector<std::string> names) {
  if (names == names_) return;
  names_ = std::move(names);
  completion_->setNames(names_);
  apply();
}

void FilterField::apply() {
  if (!isExpression(text())) {
    filter_.setText(text().trimmed());
    return setProblem({});
  }
  try {
    const auto typed = text().toStdString();
    auto condition = train::parseSeriesCondition(typed, kPlace);
    train::requireKnown(condition, names_, kPlace);
    study::requireIndexed(condition, kPlace);
    filter_.setCondition(std::move(condition));
    setProblem({});
  } catch (const ExpressionError& error) {
    setProblem(QString::fromUtf8(error.what()));
  }
}

void FilterField::setProblem(const QString& problem) {
  if (problem == problem_) return;
  problem_ = problem;
  markProblem(*this, problem);
  emit problemChanged(problem);
}

}  // namespace eq::widgets
