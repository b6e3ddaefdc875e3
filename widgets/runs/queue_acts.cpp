// What a person asks for in the panel of sweeps and races, as it is put into their folders.

#include <QAction>

#include "core/base/error.h"
#include "widgets/runs/queue_panel.h"

namespace eq::widgets {

void QueuePanel::change(const Place& place, const std::function<void(study::SweepControl&)>& change,
                        bool goesOn) {
  const auto folder = place.sweep->folder;
  const bool running = place.sweep->state == study::SweepState::running;
  try {
    study::changeControl(folder, change);
  } catch (const Error& error) {
    emit problemMet(QString::fromUtf8(error.what()));
    return;
  }
  if (goesOn && !running) emit continueRequested(folder);
  watch_->look();
}

void QueuePanel::goOn(const Place& place) {
  emit continueRequested(std::filesystem::path(place.sweep->folder));
}

void QueuePanel::pause(const Place& place) {
  change(
      place, [](study::SweepControl& control) { control.paused = true; }, false);
}

void QueuePanel::cancel(const Place& place) {
  change(
      place,
      [&](study::SweepControl& control) {
        for (std::size_t i = 0; i < place.sweep->runs.size(); ++i) {
          const auto& info = place.sweep->runs[i].info;
          const bool meant = place.run < 0 || place.run == static_cast<int>(i);
          if (meant && (!info || !study::hasEnded(*info)))
            control.cancelled.insert(static_cast<std::int64_t>(i));
        }
      },
      false);
}

void QueuePanel::retry(const Place& place) {
  change(
      place,
      [&](study::SweepControl& control) {
        for (std::size_t i = 0; i < place.sweep->runs.size(); ++i) {
          if (place.run >= 0 && place.run != static_cast<int>(i)) continue;
          const auto number = static_cast<std::int64_t>(i);
          const bool cancelled = control.cancelled.erase(number) > 0;
          if (cancelled || place.sweep->runs[i].hasFailed()) control.retried.insert(number);
        }
      },
      true);
}

void QueuePanel::first(const Place& place) {
  change(
      place,
      [&](study::SweepControl& control) {
        std::erase(control.first, place.run);
        control.first.insert(control.first.begin(), place.run);
      },
      false);
}

void QueuePanel::showChosen(const Place& place) {
  if (const auto* info = infoOf(place)) {
    emit openRequested(std::filesystem::path(info->folder));
    return;
  }
  std::vector<std::filesystem::path> folders;
  for (const auto& one : place.sweep->runs)
    if (one.info) folders.push_back(one.info->folder);
  for (const auto& clone : place.sweep->clones) folders.push_back(clone.folder);
  emit showRequested(folders);
}

void QueuePanel::clone(const Place& place) {
  if (const auto* info = infoOf(place)) emit cloneRequested(std::filesystem::path(info->folder));
}

void QueuePanel::setWorkers(double workers) {
  const auto place = chosen();
  if (!place.sweep) return;
  change(
      place,
      [&](study::SweepControl& control) { control.workers = static_cast<std::int64_t>(workers); },
      false);
}

void QueuePanel::setWaits(bool waits) {
  const auto place = chosen();
  if (!place.sweep) return;
  change(
      place, [&](study::SweepControl& control) { control.waits = waits; }, false);
}

}  // namespace eq::widgets
