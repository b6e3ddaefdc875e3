#include "widgets/style/field_problem.h"

#include <QEvent>
#include <QVariant>

#include "widgets/style/plain_text.h"
#include "widgets/style/theme.h"

namespace eq::widgets {
namespace {

constexpr const char* kMarked = "invalid";
constexpr const char* kToolTip = "toolTipWhenValid";
constexpr const char* kDescription = "descriptionWhenValid";

}  // namespace

bool isMarked(const QWidget& field) {
  return field.property(kMarked).toBool();
}

void markProblem(QWidget& field, const QString& problem) {
  if (!isMarked(field)) {
    if (problem.isEmpty()) return;
    field.setProperty(kToolTip, field.toolTip());
    field.setProperty(kDescription, field.accessibleDescription());
  }
  const bool wrong = !problem.isEmpty();
  field.setProperty(kMarked, wrong);
  const auto with = [&](const char* before) {
    const auto text = field.property(before).toString();
    return !wrong ? text : text.isEmpty() ? problem : problem + "\n" + text;
  };
  field.setToolTip(wrong ? plainToolTip(with(kToolTip)) : with(kToolTip));
  field.setAccessibleDescription(with(kDescription));
  field.update();
}

ProblemLabel::ProblemLabel(QWidget* parent) : QLabel(parent) {
  setObjectName("problem");
  setWordWrap(true);
  setTextFormat(Qt::PlainText);
  takeColour();
  hide();
}

void ProblemLabel::setProblem(const QString& problem) {
  setText(problem);
  setVisible(!problem.isEmpty());
}

void ProblemLabel::changeEvent(QEvent* event) {
  QLabel::changeEvent(event);
  if (event->type() == QEvent::PaletteChange) takeColour();
}

void ProblemLabel::takeColour() {
  const QColor alarm = plotColours(themeOf(*this)).alarm;
  if (palette().color(QPalette::WindowText) == alarm) return;
  QPalette colours;
  colours.setColor(QPalette::WindowText, alarm);
  setPalette(colours);
}

}  // namespace eq::widgets
