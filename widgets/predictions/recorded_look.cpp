#include "widgets/predictions/recorded_look.h"

#include "core/run/predictions/recorded_predictions.h"
#include "widgets/session/newest_work.h"

namespace eq::widgets {

struct RecordedLook::Kept {
  std::filesystem::path run;
  std::unique_ptr<run::RecordedPredictions> predictions;

  run::RecordedPredictions& of(const std::filesystem::path& folder,
                               std::optional<std::int64_t> step) {
    const auto checkpoint = run::nearestCheckpoint(folder, step);
    if (!predictions || run != folder || predictions->step() != checkpoint) {
      predictions.reset();  // before the next one is read: two may not fit
      predictions = std::make_unique<run::RecordedPredictions>(folder, checkpoint);
      run = folder;
    }
    return *predictions;
  }
};

RecordedLook::RecordedLook(QObject* parent)
    : QObject(parent), kept_(std::make_shared<Kept>()), work_(new NewestWork(this)) {
  connect(work_, &NewestWork::progressed, this, &RecordedLook::progressed);
  connect(work_, &NewestWork::failed, this, &RecordedLook::failed);
  connect(work_, &NewestWork::ended, this, &RecordedLook::ended);
}
RecordedLook::~RecordedLook() = default;

void RecordedLook::ask(const std::filesystem::path& run, std::optional<std::int64_t> step,
                       const train::PredictionRequest& request) {
  emit began();
  work_->ask([this, kept = kept_, run, step, request](const NewestWork::Progress& progress) {
    auto& predictions = kept->of(run, step);
    const auto page = predictions.page(request, [&](std::int64_t done, std::int64_t all) {
      return progress(static_cast<int>(done), static_cast<int>(all));
    });
    QStringList remarks;
    for (const auto& remark : predictions.remarks()) remarks << QString::fromStdString(remark);
    return NewestWork::Done([this, page, remarks] { emit found(page, remarks.join("; ")); });
  });
}

void RecordedLook::cancel() {
  work_->ask([](const NewestWork::Progress&) { return NewestWork::Done(); });
}

void RecordedLook::forget() {
  if (isBusy()) cancel();
  kept_ = std::make_shared<Kept>();
}

bool RecordedLook::isBusy() const {
  return work_->isBusy();
}

}  // namespace eq::widgets
