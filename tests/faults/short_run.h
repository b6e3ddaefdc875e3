#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <QString>
#include <QTemporaryDir>

#include "core/train/records.h"

namespace eq::test {

/// What a program does while it is ended, hindered or robbed of its power.
enum class Work { run, resume, fork };

/// How it ended.
struct Ended {
  bool killed = false;
  int code = 0;
  std::string said;  ///< standard error
};

/// Of the preloaded library (calls.cpp), without the prefix of their names.
using Settings = std::map<QString, QString>;

/// A short run that programs of their own make, resume or fork, each in a workspace of its own, and
/// what must be kept of it whatever happens.
class ShortRun {
 public:
  ShortRun();

  std::filesystem::path path(const std::string& name) const;
  std::filesystem::path freshFolder();
  /// With what `work` needs: a run that died after its 19th step, with checkpoints of 0, 8 and 16,
  /// a damaged one of step 18 and a temporary file that its writer left.
  std::filesystem::path freshWorkspace(Work work);

  /// In a process of its own; its standard error goes to a file, of which the library knows the
  /// size. \returns nothing when it hangs.
  std::optional<Ended> perform(Work work, const std::filesystem::path& workspace,
                               const Settings& settings) const;

  /// What is broken of the promises: a run that was said to be there is, the one that is there
  /// opens with its experiment, and of each checkpoint that is said to be there, on the terminal or
  /// in the record, file and steps are there. Empty when all is kept.
  std::string brokenPromise(Work work, const std::filesystem::path& workspace,
                            const std::string& said) const;
  /// Also resumes the run, if one is there, and compares it with one that nothing hindered.
  std::string broken(Work work, const std::filesystem::path& workspace,
                     const std::string& said) const;

 private:
  void makeDied();

  QTemporaryDir temporary_;
  std::vector<train::StepRecord> wholeSteps_;  ///< of a run that nothing hindered
  std::vector<train::EvaluationRecord> wholeEvaluations_;
  std::string wholeState_;
  int made_ = 0;
};

/// Every n-th call is tried: one in so many by default, EQUIPOISE_FAULT_STRIDE when it is set.
int stride(int byDefault);

}  // namespace eq::test
