#include "app/steering_link.h"

#include "core/base/error.h"
#include "core/run/steerable.h"
#include "widgets/runs/letters.h"
#include "widgets/runs/steering_bar.h"
#include "widgets/style/message_bar.h"

namespace eq::app {

using namespace widgets;

namespace {

constexpr auto kLetterRefused = "refused letter";  // a message's cause

}  // namespace

SteeringLink::SteeringLink(SteeringBar& bar, MessageBar& messages, QObject* parent)
    : QObject(parent), bar_(bar), messages_(messages), letters_(new Letters(this)) {
  connect(&bar_, &SteeringBar::asked, this,
          [this](const nlohmann::json& command) { letters_->send(folder_, command); });
  connect(letters_, &Letters::answered, this,
          [this](const std::filesystem::path& folder, const QString& problem) {
            if (problem.isEmpty())
              messages_.resolve(kLetterRefused);
            else
              messages_.showError(problem, kLetterRefused);
            if (folder == folder_) refresh();
          });
}

void SteeringLink::show(const run::RunInfo& info) {
  folder_ = info.folder;
  refresh();
}

void SteeringLink::leave() {
  folder_.clear();
  bar_.hide();
}

void SteeringLink::refresh() {
  try {
    const run::RunReader run(folder_);
    const auto state = run.info().state;
    if (!run::isHeld(state)) return bar_.hide();
    bar_.show(steerableOf(run), state == run::RunState::paused);
  } catch (const Error&) {  // who follows the run says so
    bar_.hide();
  }
}

}  // namespace eq::app
