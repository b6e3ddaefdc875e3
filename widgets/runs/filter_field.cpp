#include "widgets/runs/filter_field.h"

#include <utility>

#include <QAbstractItemView>
#include <QCompleter>
#include <QKeyEvent>
#include <QRegularExpression>
#include <QStringListModel>

#include "core/base/expression_scanner.h"
#include "core/study/indexed_run.h"
#include "widgets/runs/runs_filter.h"
#include "widgets/style/field_problem.h"

namespace eq::widgets {
namespace {

constexpr int kFewestTyped = 2;  // letters of a name, before others are offered
constexpr const char* kPlace = "filter";

/// Whether a text can only be meant as an expression.
bool isExpression(const QString& text) {
  static const QRegularExpression operators("[=<>~(]|!=");
  return text.contains(operators);
}

}  // namespace

FilterField::FilterField(RunsFilter& filter, QWidget* parent)
    : QLineEdit(parent),
      filter_(filter),
      offered_(new QStringListModel(this)),
      completer_(new QCompleter(offered_, this)) {
  setPlaceholderText(tr("Filter runs"));
  setToolTip(
      tr("A text that a column has, or an expression over fields and series:\n"
         "weighting == \"uncertainty\" and best(val.left.accuracy) > 0.95 and tag ~ \"paper\""));
  setClearButtonEnabled(true);
  setAccessibleName(tr("Filter runs"));
  completer_->setWidget(this);
  completer_->setFilterMode(Qt::MatchContains);
  completer_->setCaseSensitivity(Qt::CaseInsensitive);
  connect(completer_, qOverload<const QString&>(&QCompleter::activated), this,
          &FilterField::complete);
  connect(this, &QLineEdit::textChanged, this, &FilterField::apply);
  connect(this, &QLineEdit::textEdited, this, &FilterField::offerNames);
}

void FilterField::setNames(std::vector<std::string> names) {
  if (names == names_) return;
  names_ = std::move(names);
  QStringList offered;
  for (const auto& name : names_) offered << QString::fromStdString(name);
  offered_->setStringList(offered);
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

QString FilterField::typedName() const {
  static const QRegularExpression name("[A-Za-z_][A-Za-z0-9_.\\[\\]]*$");
  return name.match(text().left(cursorPosition())).captured();
}

void FilterField::offerNames() {
  auto typed = typedName();
  if (typed.startsWith("val.")) typed.replace(0, 3, "validation");
  completer_->setCompletionPrefix(typed);
  const bool helps = completer_->completionCount() > 1 || completer_->currentCompletion() != typed;
  if (typed.size() < kFewestTyped || completer_->completionCount() == 0 || !helps)
    return completer_->popup()->hide();
  completer_->complete(QRect(cursorRect().left(), 0, 0, height()));
  completer_->popup()->setMinimumWidth(completer_->popup()->sizeHintForColumn(0) + 30);
}

void FilterField::complete(const QString& name) {
  const auto typed = typedName();
  setSelection(cursorPosition() - static_cast<int>(typed.size()), static_cast<int>(typed.size()));
  insert(name);
}

void FilterField::keyPressEvent(QKeyEvent* event) {
  const bool chooses = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter ||
                       event->key() == Qt::Key_Tab || event->key() == Qt::Key_Escape;
  if (completer_->popup()->isVisible() && chooses) return event->ignore();  // the popup's
  QLineEdit::keyPressEvent(event);
}

}  // namespace eq::widgets
