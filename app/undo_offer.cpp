#include "app/undo_offer.h"

#include <algorithm>
#include <utility>

#include <QUndoStack>

#include "app/run_controller.h"
#include "app/run_requests.h"
#include "widgets/session/run_data.h"
#include "widgets/style/done_edit.h"
#include "widgets/style/message_bar.h"
#include "widgets/style/typed_number.h"

namespace eq::app {

using namespace widgets;

UndoOffer::UndoOffer(QUndoStack& undo, const RunData& data, const RunController& controller,
                     RunRequests& requests, MessageBar& messages, QObject* parent)
    : QObject(parent),
      undo_(undo),
      data_(data),
      controller_(controller),
      requests_(requests),
      messages_(messages),
      index_(undo.index()) {
  connect(&undo, &QUndoStack::indexChanged, this, &UndoOffer::follow);
  connect(&data, &RunData::restarted, this, [this] { made_.clear(); });
}

void UndoOffer::follow(int index) {
  const int before = std::exchange(index_, index);
  if (!controller_.active() || controller_.away()) return;
  if (!isChange(std::max(index, before))) return;
  if (index > before) {
    const auto& steps = data_.x(XUnit::step);
    made_[index] = steps.empty() ? 0 : static_cast<std::int64_t>(steps.back());
  } else if (const auto found = made_.find(before); found != made_.end()) {
    const auto step = changeAfter(found->second);
    made_.erase(found);
    if (step > 0) offer(step);
  }
}

bool UndoOffer::isChange(int index) const {
  const auto* edit = undo_.command(index - 1);
  return edit && !dynamic_cast<const DoneEdit*>(edit);
}

std::int64_t UndoOffer::changeAfter(std::int64_t step) const {
  for (const auto& event : data_.events())
    if (event.kind == "command" && event.step >= step) return event.step;
  return -1;
}

void UndoOffer::offer(std::int64_t step) {
  messages_.showNote(
      tr("The change of step %1 is taken back from now on.").arg(countText(step)),
      tr("Fork the run as if it had never been made…"),
      [this, step, folder = controller_.training()] { requests_.forkWithout(folder, step); });
}

}  // namespace eq::app
