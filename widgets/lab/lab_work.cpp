#include "widgets/lab/lab_work.h"

#include "core/base/error.h"
#include "core/run/lab/merge_lab.h"
#include "widgets/session/newest_work.h"

namespace eq::widgets {
namespace {

/// Ends the work between two of its parts when it is not wanted any more.
run::MergeProgress endingWith(const NewestWork::Progress& progress) {
  return [&progress](const run::MergePart&) {
    if (!progress(0, 0)) fail("it is not wanted any more");
  };
}

void giveUp(NewestWork& work) {
  if (work.isBusy()) work.ask([](const NewestWork::Progress&) { return NewestWork::Done(); });
}

}  // namespace

LabWork::LabWork(QObject* parent)
    : QObject(parent),
      work_(new NewestWork(this)),
      whole_(new NewestWork(this)),
      masks_(new NewestWork(this)),
      saving_(new NewestWork(this)) {
  connect(work_, &NewestWork::failed, this, [this](const QString& problem) {
    if (opening_)
      emit openingFailed(problem);
    else
      emit failed(problem);
  });
  for (auto* one : {whole_, masks_, saving_})
    connect(one, &NewestWork::failed, this, &LabWork::failed);
}
LabWork::~LabWork() = default;

void LabWork::open(const std::vector<std::filesystem::path>& runs) {
  close();
  opening_ = true;
  work_->ask([this, runs](const NewestWork::Progress& progress) {
    const auto lab = std::make_shared<run::MergeLab>(run::labRequestOf(runs), endingWith(progress));
    return NewestWork::Done([this, lab] {
      opening_ = false;
      lab_ = lab;
      emit opened(lab->facts());
    });
  });
}

void LabWork::close() {
  opening_ = false;
  for (auto* one : {work_, whole_, masks_}) giveUp(*one);
  lab_.reset();
}

void LabWork::ask(const run::LabCoefficients& coefficients) {
  giveUp(*whole_);
  evaluate(*work_, coefficients, run::LabPart::sample);
}

void LabWork::askWhole(const run::LabCoefficients& coefficients) {
  evaluate(*whole_, coefficients, run::LabPart::whole);
}

void LabWork::evaluate(NewestWork& work, const run::LabCoefficients& coefficients,
                       run::LabPart part) {
  work.ask([this, lab = lab_, coefficients, part](const NewestWork::Progress& progress) {
    const auto scores = lab->scores(coefficients, part, endingWith(progress));
    return NewestWork::Done([this, scores] { emit scored(scores); });
  });
}

void LabWork::askMasks(double lambda) {
  masks_->ask([this, lab = lab_, lambda](const NewestWork::Progress&) {
    const auto masks = lab->masks(lambda);
    return NewestWork::Done([this, masks] { emit masked(masks); });
  });
}

void LabWork::save(const run::LabCoefficients& coefficients,
                   const std::filesystem::path& workspace) {
  saving_->ask(
      [this, facts = lab_->facts(), coefficients, workspace](const NewestWork::Progress& progress) {
        const auto run = run::saveMerged(facts, coefficients, workspace, endingWith(progress));
        QStringList warnings;
        for (const auto& warning : run.warnings) warnings << QString::fromStdString(warning);
        return NewestWork::Done(
            [this, folder = run.folder, warnings] { emit saved(folder, warnings); });
      });
}

bool LabWork::isBusy() const {
  return work_->isBusy() || whole_->isBusy();
}

bool LabWork::isSaving() const {
  return saving_->isBusy();
}

}  // namespace eq::widgets
