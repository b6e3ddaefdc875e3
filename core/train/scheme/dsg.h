#pragma once

#include "core/train/scheme_tables.h"

namespace eq::train {

/// What decides for one task whether it is trained, from its validation scores.
class StopAndGo {
 public:
  struct Settings {
    double threshold = 0.001;   ///< relative gain that counts
    double resume = 0.005;      ///< relative loss at which it goes again
    std::int64_t patience = 1;  ///< scores without a gain that are let pass
    std::int64_t cooldown = 1;  ///< scores after a change that are not judged
  };
  enum class Turn { none, stopped, goes };

  /// \param sign 1 where high scores are good, -1 where low ones are.
  Turn take(double score, double sign, const Settings& settings);

  bool stopped() const { return stopped_; }
  nlohmann::json state() const;
  void restore(const nlohmann::json& state);

 private:
  std::optional<double> best_;
  std::int64_t bad_ = 0;
  std::int64_t cooling_ = 0;
  bool stopped_ = false;
};

SchemeRow dsgRow();

}  // namespace eq::train
