#pragma once

#include <functional>
#include <optional>

#include <QString>

class QWidget;

namespace eq::app {

/// What is asked before a run is made or goes on.
struct RunQuestion {
  QString title, text;
  QString accept;                ///< on the button that does it
  std::optional<QString> name;   ///< proposed; none: is not asked for
  std::optional<double> epochs;  ///< more to train, proposed; none: is not asked for
};

struct RunAnswer {
  QString name;
  double epochs = 0;
};

/// Asks; training goes on meanwhile, and nothing waits. What is typed and does not count keeps the
/// question open. \param then done with the answer, not when the question is closed.
void askAboutRun(QWidget* parent, const RunQuestion& question,
                 const std::function<void(const RunAnswer&)>& then);

}  // namespace eq::app
