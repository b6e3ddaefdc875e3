#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include <QString>

class QWidget;

namespace eq::app {

/// A step that is asked for.
struct StepQuestion {
  std::int64_t proposed = 0, last = 0;               ///< from 0 on
  std::function<QString(std::int64_t step)> remark;  ///< stands below the step
};

/// What is asked before a run is made or goes on.
struct RunQuestion {
  QString title, text;
  QString accept;                         ///< on the button that does it
  std::optional<QString> name;            ///< proposed; none: is not asked for
  std::optional<double> epochs;           ///< more to train, proposed; none: is not asked for
  std::optional<StepQuestion> step = {};  ///< none: is not asked for
  /// With a step: from this one on the epochs are asked for.
  std::int64_t epochsFrom = 0;
};

struct RunAnswer {
  QString name;
  double epochs = 0;
  std::int64_t step = 0;
};

/// Asks; training goes on meanwhile, and nothing waits. What is typed and does not count keeps the
/// question open. \param then done with the answer, not when the question is closed.
void askAboutRun(QWidget* parent, const RunQuestion& question,
                 const std::function<void(const RunAnswer&)>& then);

}  // namespace eq::app
