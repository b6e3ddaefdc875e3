#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

#include <QObject>
#include <QString>

#include "core/train/prediction_survey.h"

namespace eq::run {
class RecordedPredictions;
}

namespace eq::widgets {

class NewestWork;

/// Looks at the predictions of a recorded run in a thread of its own; only the newest question is
/// answered. What was read stays for the next one.
class RecordedLook : public QObject {
  Q_OBJECT

 public:
  explicit RecordedLook(QObject* parent = nullptr);
  ~RecordedLook() override;

  /// \param step whose nearest checkpoint is meant; nothing: the newest.
  void ask(const std::filesystem::path& run, std::optional<std::int64_t> step,
           const train::PredictionRequest& request);
  /// Ends what goes on; nothing is told of it.
  void cancel();
  /// The same, and gives back what was read.
  void forget();
  bool isBusy() const;

 signals:
  void began();
  /// A few times a second at most. \param all 0: data and model are read.
  void progressed(int done, int all);
  /// \param remarks why numbers may be others than the run's; empty where there is nothing to say.
  void found(const eq::train::PredictionPage& page, const QString& remarks);
  void failed(const QString& problem);
  /// After found(), failed() or cancel().
  void ended();

 private:
  struct Kept;
  std::shared_ptr<Kept> kept_;  ///< read and written in the work only
  NewestWork* work_;
};

}  // namespace eq::widgets
