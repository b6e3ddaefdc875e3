#pragma once

#include <filesystem>
#include <memory>

#include <QObject>
#include <QString>

#include "core/run/lab/lab_answers.h"

namespace eq::run {
class MergeLab;
}

namespace eq::widgets {

class NewestWork;

/// Holds a merge lab, which works in threads of its own: of what is asked of merged models only the
/// newest is answered, so that the answers follow a slider; the whole split, masks and the writing
/// of a run keep no sample waiting.
class LabWork : public QObject {
  Q_OBJECT

 public:
  explicit LabWork(QObject* parent = nullptr);
  ~LabWork() override;

  /// Finds the base of these runs, and opens them in the place of what is held.
  void open(const std::vector<std::filesystem::path>& runs);
  /// Ends the opening, and gives back what is held.
  void close();
  bool isOpen() const { return lab_ != nullptr; }
  /// Of the sample; gives up the whole split. \pre isOpen(), of here and below.
  void ask(const run::LabCoefficients& coefficients);
  void askWhole(const run::LabCoefficients& coefficients);
  void askMasks(double lambda);
  /// Writes the merged model as a run below `workspace`. \pre !isSaving()
  void save(const run::LabCoefficients& coefficients, const std::filesystem::path& workspace);

  /// Whether something is opened or evaluated.
  bool isBusy() const;
  bool isSaving() const;

 signals:
  void opened(const eq::run::LabFacts& facts);
  void openingFailed(const QString& problem);
  void scored(const eq::run::LabScores& scores);
  void masked(const eq::run::LabMasks& masks);
  void saved(const std::filesystem::path& folder, const QStringList& warnings);
  void failed(const QString& problem);

 private:
  void evaluate(NewestWork& work, const run::LabCoefficients& coefficients, run::LabPart part);

  std::shared_ptr<run::MergeLab> lab_;
  bool opening_ = false;
  NewestWork *work_, *whole_, *masks_, *saving_;
};

}  // namespace eq::widgets
