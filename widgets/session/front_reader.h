#pragma once

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include <QObject>
#include <QString>

#include "core/train/front_look.h"
#include "widgets/session/deliveries.h"

namespace eq::run {
class FrontView;
}

namespace eq::widgets {

/// Looks at the fronts of recorded runs in a thread of its own, at the checkpoint nearest to a
/// step, and writes models of it. The last one that was looked at is kept ready. All signals are
/// emitted in the thread that the reader lives in.
class FrontReader : public QObject {
  Q_OBJECT

 public:
  explicit FrontReader(QObject* parent = nullptr);

  /// Answers with lookArrived() or problemMet(). Of looks that wait the newest alone is done.
  void look(const std::filesystem::path& folder, qint64 step,
            const train::FrontLookRequest& request);
  /// Answers with exported() or exportFailed().
  void exportModel(const std::filesystem::path& folder, qint64 step,
                   const std::vector<double>& preference, const std::filesystem::path& file);
  /// Forgets looks that wait, and lets go of what is kept ready.
  void rest();

 signals:
  void lookArrived(const std::filesystem::path& folder, const eq::train::FrontLook& look);
  void problemMet(const QString& problem);
  /// \param step of the checkpoint.
  void exported(const std::filesystem::path& file, qint64 step);
  void exportFailed(const QString& problem);

 private:
  struct Look {
    std::filesystem::path folder;
    qint64 step;
    train::FrontLookRequest request;
  };
  struct Export {
    std::filesystem::path folder;
    qint64 step;
    std::vector<double> preference;
    std::filesystem::path file;
  };
  struct Orders {
    std::optional<Look> look;
    std::vector<Export> exports;
    bool rest = false;
    bool empty() const { return !look && exports.empty() && !rest; }
  };

  /// Begins the thread where there is none.
  void ask(const std::function<void(Orders&)>& change);
  void work(const std::stop_token& token);
  void obey(const Orders& orders, std::unique_ptr<run::FrontView>& kept);

  std::mutex mutex_;
  std::condition_variable_any asked_;
  Orders orders_;  ///< under the mutex
  Deliveries deliveries_;
  std::jthread thread_;  ///< last: it must end before what it uses
};

}  // namespace eq::widgets
