#pragma once

#include <cstdint>

#include "core/train/scheme.h"
#include "core/train/scheme_tables.h"

namespace eq::train {

/// What goes by how far the run has come since the scheme began.
class Phased : public Scheme {
 public:
  std::vector<std::string> between(RunParts& parts) override;
  nlohmann::json state() const override { return {{"begun", begun_}}; }
  void restore(const nlohmann::json& state) override {
    begun_ = state.at("begun").get<std::int64_t>();
  }

 protected:
  /// Of the steps from the scheme's beginning to the end of the run, in [0, 1].
  double shareDone(const RunParts& parts) const;
  /// Steps since it began. \pre `between` was called.
  std::int64_t stepsDone(const RunParts& parts) const;
  std::int64_t begun() const { return begun_; }

 private:
  std::int64_t begun_ = -1;  ///< the step before which it began
};

}  // namespace eq::train
