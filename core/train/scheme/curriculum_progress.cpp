#include "core/train/scheme/curriculum_progress.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/train/passes.h"
#include "core/train/run_parts.h"
#include "core/train/scheme/drawn_task.h"
#include "core/train/scheme/last_losses.h"

namespace eq::train {
namespace {

constexpr double kEven = 0.1;  ///< share of the draws that is uniform, so that none is forgotten

/// Missing numbers are null in files.
nlohmann::json numbersOrNull(const std::vector<double>& values) {
  auto out = nlohmann::json::array();
  for (const double value : values)
    out.push_back(std::isnan(value) ? nlohmann::json() : nlohmann::json(value));
  return out;
}

std::vector<double> numbersIn(const nlohmann::json& list) {
  std::vector<double> values;
  for (const auto& value : list)
    values.push_back(value.is_null() ? std::numeric_limits<double>::quiet_NaN()
                                     : value.get<double>());
  return values;
}

class CurriculumProgress : public DrawnTask {
 public:
  CurriculumProgress(const Parameters& parameters, const SchemeSetting& setting)
      : DrawnTask(setting),
        rate_(parameters.number("rate")),
        losses_(setting.tasks.size(), std::numeric_limits<double>::quiet_NaN()),
        progress_(losses_) {}

  void afterOptimizer(RunParts&, const BatchPass& pass) override { last_.take(pass); }

  nlohmann::json state() const override {
    return {{"losses", numbersOrNull(losses_)},
            {"progress", numbersOrNull(progress_)},
            {"trained", last_.trained()}};
  }
  void restore(const nlohmann::json& state) override {
    losses_ = numbersIn(state.at("losses"));
    progress_ = numbersIn(state.at("progress"));
    last_.restoreTrained(state.at("trained").get<std::vector<char>>());
  }
  std::map<std::string, at::Tensor> tensors() const override { return last_.tensors(); }
  void restoreTensors(const std::map<std::string, at::Tensor>& tensors) override {
    last_.restoreTensors(tensors);
  }

 private:
  std::vector<double> rates(const RunParts&, const std::vector<char>& available) override {
    read();
    std::vector<double> rates(losses_.size(), 0);
    for (size_t k = 0; k < rates.size(); ++k)
      if (available[k] && std::isnan(progress_[k])) rates[k] = 1;
    if (std::count(rates.begin(), rates.end(), 1) > 0) return rates;
    for (size_t k = 0; k < rates.size(); ++k) rates[k] = std::abs(progress_[k]);
    const auto p = shares(rates, available);
    const auto even = shares(std::vector<double>(rates.size(), 1), available);
    for (size_t k = 0; k < rates.size(); ++k) rates[k] = (1 - kEven) * p[k] + kEven * even[k];
    return rates;
  }

  /// The losses of the step before.
  void read() {
    last_.read([this](size_t k, double loss) {
      const double gain = losses_[k] - loss;
      if (!std::isnan(gain))
        progress_[k] = std::isnan(progress_[k]) ? gain : rate_ * gain + (1 - rate_) * progress_[k];
      losses_[k] = loss;
    });
  }

  double rate_;
  std::vector<double> losses_;    ///< [K] of its newest step; NaN before
  std::vector<double> progress_;  ///< [K] Q; NaN before there were two losses
  LastLosses last_;
};

}  // namespace

SchemeRow curriculumProgressRow() {
  return {drawnTaskDescriptor(
              "curriculum_progress", "Learning progress",
              "One task a step, the one whose loss moves most, in either direction, most often; a "
              "tenth of the draws is even. Tasks that were not seen twice come first.",
              "Q_k ← a (L_k before − L_k now) + (1 − a) Q_k; p_k = 0.9 |Q_k|/Σ|Q| + 0.1/K",
              "Matiisen et al., Teacher-Student Curriculum Learning, TNNLS 2020",
              {ParameterSpec::number("rate", 0.1, "a: share of the newest progress in the mean")
                   .above(0)
                   .to(1)}),
          [](const Parameters& parameters, const SchemeSetting& setting) {
            return std::make_unique<CurriculumProgress>(parameters, setting);
          }};
}

}  // namespace eq::train
