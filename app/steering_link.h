#pragma once

#include <filesystem>

#include <QObject>

#include "core/run/run_folder.h"

namespace eq::widgets {
class Letters;
class MessageBar;
class SteeringBar;
}  // namespace eq::widgets

namespace eq::app {

/// Lets a person steer the shown run where another process trains it: by letters into its folder.
class SteeringLink : public QObject {
  Q_OBJECT

 public:
  /// Both outlive it.
  SteeringLink(widgets::SteeringBar& bar, widgets::MessageBar& messages, QObject* parent = nullptr);

  /// This recorded run is shown, or has grown.
  void show(const run::RunInfo& info);
  /// No recorded run is shown.
  void leave();

 private:
  void refresh();

  widgets::SteeringBar& bar_;
  widgets::MessageBar& messages_;
  std::filesystem::path folder_;
  widgets::Letters* letters_;
};

}  // namespace eq::app
