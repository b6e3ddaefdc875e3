#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include <QAction>

namespace eq::widgets {

class PlotLink;

/// Where the run in focus is recorded; empty: nowhere, or it cannot be trained here.
std::filesystem::path recordedFocus(const PlotLink& link);

/// The entry of a plot's menu that asks for a fork of the run in focus, at a step.
class ForkAction : public QAction {
  Q_OBJECT

 public:
  /// \param link outlives this.
  ForkAction(PlotLink& link, QObject* parent);

  /// Before the menu is shown. Without a step, or while the run is not recorded, it is not there.
  void offer(std::optional<std::int64_t> step);

 private:
  PlotLink& link_;
  std::int64_t step_ = 0;
};

}  // namespace eq::widgets
