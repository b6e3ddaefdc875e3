#pragma once

#include <atomic>
#include <filesystem>

#include <nlohmann/json.hpp>

#include <QObject>
#include <QThreadPool>

#include "core/run/mail.h"

namespace eq::widgets {

/// Asks processes that train runs, one letter after the other, in a thread of its own. Lives in the
/// GUI thread, where the answers are told.
class Letters : public QObject {
  Q_OBJECT

 public:
  explicit Letters(QObject* parent = nullptr);
  /// Waits no longer for answers: what was asked may be done all the same.
  ~Letters() override;

  /// \param command as run::wishesFrom() reads one.
  void send(const std::filesystem::path& folder, const nlohmann::json& command);

 signals:
  /// \param problem why it was not done; empty: it was.
  void answered(const std::filesystem::path& folder, const QString& problem);

 private:
  std::atomic<bool> ends_ = false;
  QThreadPool pool_;  ///< last: its thread must end before what it uses
};

}  // namespace eq::widgets
