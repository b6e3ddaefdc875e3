#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

#include <QObject>
#include <QString>

namespace eq::widgets {
class FrontReader;
class MessageBar;
class ParetoPage;
class PlotLink;
class RunData;
}  // namespace eq::widgets

namespace eq::app {

class RunController;
class ScriptGate;

/// What the front of the run that is shown is asked through: all outlive the link.
struct FrontParts {
  widgets::ParetoPage& page;
  RunController& controller;
  const widgets::RunData& data;
  const widgets::PlotLink& link;
  ScriptGate& gate;
  widgets::MessageBar& messages;
  std::function<void(const QString&)> tell;  ///< remarks that nobody has to act on
};

/// Lets the Pareto page look at models of a front: of the run that goes on in the training thread,
/// as it is now; of a recorded one in a thread beside the window, at the checkpoint nearest to the
/// cursor, without one at the last.
class FrontLink : public QObject {
  Q_OBJECT

 public:
  explicit FrontLink(const FrontParts& parts, QObject* parent = nullptr);

 private:
  void ask();
  /// Whether what is shown is trained now.
  bool isLive() const;
  /// Of the checkpoint that is wanted.
  std::int64_t step() const;
  /// Uses the recorded run that is shown, where its files may be run.
  void withRecord(const std::function<void(const std::filesystem::path&)>& use);
  void requestExport(const std::vector<double>& preference);
  void exportTo(const std::filesystem::path& file, const std::vector<double>& preference);
  /// What waits, now that there is a checkpoint.
  void exportWaiting();

  FrontParts at_;
  widgets::FrontReader* reader_;
  std::filesystem::path asked_, trusted_;  ///< recorded runs: whether files may be run
  struct Export {
    std::filesystem::path run, file;
    std::vector<double> preference;
  };
  std::optional<Export> waiting_;  ///< for the checkpoint of the run that goes on
};

}  // namespace eq::app
