#pragma once

#include <QLabel>

namespace eq::widgets {

/// Frames a field whose text does not count, and says why in its tool tip and to screen readers;
/// an empty problem brings back what they said before. The frame is drawn by the style (theme.h).
void markProblem(QWidget& field, const QString& problem);
/// Whether a field is marked.
bool isMarked(const QWidget& field);

/// The line below a field that says what is wrong, in the colour of alarms; hidden without. Plain
/// text: what people typed is no markup.
class ProblemLabel : public QLabel {
  Q_OBJECT

 public:
  explicit ProblemLabel(QWidget* parent = nullptr);
  void setProblem(const QString& problem);

 protected:
  void changeEvent(QEvent* event) override;

 private:
  void takeColour();
};

}  // namespace eq::widgets
