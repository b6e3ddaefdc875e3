#include "core/train/scheme/curriculum_camrl.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/stack.h>

#include "core/balance/masked_balancer.h"
#include "core/base/random.h"
#include "core/train/passes.h"
#include "core/train/run_parts.h"
#include "core/train/scheme.h"
#include "core/train/scheme/drawn_task.h"
#include "core/train/scheme/last_losses.h"

namespace eq::train {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double kSparsity = 0.1, kClosely = 0.01, kBall = 0.05;  // μ, λ, r
constexpr double kSteepness = 200;                                // of soft ranks
constexpr int kFrankWolfeSteps = 10;

double softAbove(double gap) {
  return (1 + std::tanh(kSteepness * gap)) / 2;
}

/// Squared difference of B_t's soft ranks from the ranks of values, over the other tasks; 0 is the
/// highest.
double rankTerm(const VectorXd& row, const VectorXd& values, Index task) {
  double sum = 0;
  for (Index i = 0; i < row.size(); ++i) {
    if (i == task) continue;
    double gap = 0;
    for (Index j = 0; j < row.size(); ++j)
      if (j != i && j != task) gap += (values[j] > values[i] ? 1 : 0) - softAbove(row[j] - row[i]);
    sum += gap * gap;
  }
  return sum;
}

/// Mean and square of the values that a term had.
struct History {
  std::int64_t count = 0;
  double sum = 0, squares = 0;

  void add(double value) {
    ++count;
    sum += value;
    squares += value * value;
  }
  /// 1 before it says anything.
  double variance() const {
    if (count < 2) return 1;
    const auto n = static_cast<double>(count);
    const double found = squares / n - sum / n * (sum / n);
    return found > 1e-12 ? found : 1;
  }
};

class CurriculumCamrl : public Scheme {
 public:
  explicit CurriculumCamrl(const SchemeSetting& setting)
      : seed_(setting.experiment.seed),
        losses_(VectorXd::Constant(std::ssize(setting.tasks),
                                   std::numeric_limits<double>::quiet_NaN())),
        first_(losses_),
        transfer_(MatrixXd::Zero(losses_.size(), losses_.size())) {}

  StepChoice beforeForward(const RunParts& parts, StepChoice choice) override {
    read();
    auto candidates = openTasks(choice.tasks);
    if (candidates.empty()) {
      beginRound(parts);
      candidates = openTasks(choice.tasks);
    }
    choice.tasks.assign(choice.tasks.size(), 0);
    if (candidates.empty()) return choice;
    const auto next = curriculum_ ? easiest(parts, candidates) : candidates.front();
    std::erase(left_, next);
    choice.tasks[static_cast<size_t>(next)] = 1;
    return choice;
  }

  void afterOptimizer(RunParts&, const BatchPass& pass) override { last_.take(pass); }

  nlohmann::json state() const override;
  void restore(const nlohmann::json& state) override;
  std::map<std::string, at::Tensor> tensors() const override { return last_.tensors(); }
  void restoreTensors(const std::map<std::string, at::Tensor>& tensors) override {
    last_.restoreTensors(tensors);
  }

 private:
  /// The loss of the step before.
  void read() {
    last_.read([this](size_t task, double loss) {
      const auto k = static_cast<Index>(task);
      losses_[k] = loss;
      if (std::isnan(first_[k])) first_[k] = loss;
    });
  }

  std::vector<Index> openTasks(const std::vector<char>& available) const {
    std::vector<Index> open;
    for (const auto k : left_)
      if (available[static_cast<size_t>(k)]) open.push_back(k);
    return open;
  }

  void beginRound(const RunParts& parts) {
    left_.clear();
    for (Index k = 0; k < losses_.size(); ++k) left_.push_back(k);
    RandomStream stream(
        deriveSeed(seed_, "scheme", static_cast<std::uint64_t>(parts.progress.steps)));
    curriculum_ = !losses_.hasNaN() && stream.uniform() < camrlIndex(losses_, first_, rounds_);
    ++rounds_;
  }

  /// The candidate of the least cost, whose transfers stay as they were improved.
  Index easiest(const RunParts& parts, const std::vector<Index>& candidates) {
    CamrlTask task{0, losses_, headsOf(parts), transfer_, left_};
    task.rankScales = {ofLosses_.variance(), ofCosines_.variance()};
    double least = std::numeric_limits<double>::infinity();
    Index chosen = candidates.front();
    VectorXd row;
    for (const auto k : candidates) {
      task.task = k;
      const auto improved = task.improved();
      const double cost = task.cost(improved);
      if (cost >= least) continue;
      least = cost;
      chosen = k;
      row = improved;
    }
    if (row.size() == 0) return chosen;  // costs that are no numbers
    task.task = chosen;
    const auto terms = task.terms(row);
    ofLosses_.add(terms[2]);
    ofCosines_.add(terms[3]);
    transfer_.row(chosen) = row.transpose();
    return chosen;
  }

  /// [K, features] the mean over the outputs of each head's first weights; empty where heads are
  /// unlike.
  static MatrixXd headsOf(const RunParts& parts) {
    const at::NoGradGuard noGradients;
    std::vector<at::Tensor> rows(parts.tasks.size());
    const auto& infos = parts.model->parameters().infos();
    for (size_t i = 0; i < infos.size(); ++i) {
      if (infos[i].block.part != model::Part::head || infos[i].shape.size() < 2) continue;
      auto& row = rows[static_cast<size_t>(infos[i].block.owner)];
      if (!row.defined())
        row = parts.model->parameters().tensor(i).reshape({infos[i].shape[0], -1}).mean(0);
    }
    for (const auto& row : rows)
      if (!row.defined() || row.sizes() != rows.front().sizes()) return {};
    const auto host = at::stack(rows).to(at::kCPU, at::kDouble).contiguous();
    using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    return Eigen::Map<const RowMajor>(host.const_data_ptr<double>(), host.size(0), host.size(1));
  }

  std::uint64_t seed_;
  VectorXd losses_, first_;  ///< [K] of its newest and its first step; NaN before
  MatrixXd transfer_;        ///< B
  std::vector<Index> left_;  ///< tasks of the round that were not trained yet
  bool curriculum_ = false;
  std::int64_t rounds_ = 0;
  History ofLosses_, ofCosines_;
  LastLosses last_;
};

nlohmann::json historyJson(const History& history) {
  return {{"count", history.count}, {"sum", history.sum}, {"squares", history.squares}};
}

History historyFromJson(const nlohmann::json& value) {
  return {value.at("count").get<std::int64_t>(), value.at("sum").get<double>(),
          value.at("squares").get<double>()};
}

/// Missing numbers are null in files.
nlohmann::json lossesJson(const VectorXd& values) {
  auto list = nlohmann::json::array();
  for (const double value : values)
    list.push_back(std::isnan(value) ? nlohmann::json() : nlohmann::json(value));
  return list;
}

VectorXd lossesFromJson(const nlohmann::json& list) {
  VectorXd values(std::ssize(list));
  for (Index k = 0; k < values.size(); ++k) {
    const auto& value = list.at(static_cast<size_t>(k));
    values[k] = value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>();
  }
  return values;
}

nlohmann::json CurriculumCamrl::state() const {
  return {{"losses", lossesJson(losses_)},
          {"first", lossesJson(first_)},
          {"transfer", balance::vectorToJson(transfer_.reshaped())},
          {"left", left_},
          {"curriculum", curriculum_},
          {"rounds", rounds_},
          {"of_losses", historyJson(ofLosses_)},
          {"of_cosines", historyJson(ofCosines_)},
          {"trained", last_.trained()}};
}

void CurriculumCamrl::restore(const nlohmann::json& state) {
  losses_ = lossesFromJson(state.at("losses"));
  first_ = lossesFromJson(state.at("first"));
  transfer_ =
      balance::vectorFromJson(state.at("transfer")).reshaped(losses_.size(), losses_.size());
  left_ = state.at("left").get<std::vector<Index>>();
  curriculum_ = state.at("curriculum").get<bool>();
  rounds_ = state.at("rounds").get<std::int64_t>();
  ofLosses_ = historyFromJson(state.at("of_losses"));
  ofCosines_ = historyFromJson(state.at("of_cosines"));
  last_.restoreTrained(state.at("trained").get<std::vector<char>>());
}

}  // namespace

double camrlIndex(const VectorXd& losses, const VectorXd& firstLosses, std::int64_t round) {
  const auto count = static_cast<double>(losses.size());
  const double mean = losses.mean();
  const double deviation = std::sqrt((losses.array() - mean).square().mean());
  double apart = 0, normalised = 0;
  for (Index k = 0; k < losses.size(); ++k) {
    apart += std::abs(losses[k] - mean) > 2 * deviation ? 1 : 0;
    normalised += firstLosses[k] == 0 ? 1 : losses[k] / firstLosses[k];
  }
  return apart / (3 * count) + std::exp(-static_cast<double>(round) / 1000) / 3 +
         std::exp(-normalised / count / 40) / 3;
}

Eigen::Vector4d CamrlTask::terms(const VectorXd& row) const {
  Eigen::Vector4d found;
  found[0] = (1 + kSparsity * row.cwiseAbs().sum()) * losses[task];
  found[1] = 0;
  VectorXd cosines = VectorXd::Zero(losses.size());
  for (Index s = 0; heads.size() > 0 && s < losses.size(); ++s) {
    const double lengths = heads.row(s).norm() * heads.row(task).norm();
    if (lengths > 0) cosines[s] = heads.row(s).dot(heads.row(task)) / lengths;
    if (s == task || std::count(untrained.begin(), untrained.end(), s) == 0) continue;
    Eigen::RowVectorXd gap = heads.row(s) - row[s] * heads.row(task);
    for (Index j = 0; j < losses.size(); ++j)
      if (std::count(untrained.begin(), untrained.end(), j) == 0)
        gap -= transfer(j, s) * heads.row(j);
    found[1] += kClosely * gap.squaredNorm();
  }
  found[2] = rankTerm(row, losses, task);
  found[3] = rankTerm(row, cosines, task);
  return found;
}

double CamrlTask::cost(const VectorXd& row) const {
  const auto all = terms(row);
  return all[0] + all[1] + all[2] / rankScales[0] + all[3] / rankScales[1];
}

VectorXd CamrlTask::improved() const {
  const VectorXd middle = transfer.row(task);
  VectorXd row = middle;
  constexpr double kNear = 1e-6;
  for (int i = 0; i < kFrankWolfeSteps; ++i) {
    VectorXd corner = middle;
    for (Index s = 0; s < row.size(); ++s) {
      if (s == task) continue;
      VectorXd ahead = row, behind = row;
      ahead[s] += kNear;
      behind[s] -= kNear;
      const double slope = cost(ahead) - cost(behind);
      if (slope != 0) corner[s] -= slope > 0 ? kBall : -kBall;
    }
    row += (corner - row) * (2.0 / (i + 2));
    row = row.cwiseMax(0);
  }
  return row;
}

SchemeRow curriculumCamrlRow() {
  return {
      drawnTaskDescriptor(
          "curriculum_camrl", "Asymmetric curriculum (CAMRL)",
          "One task a step, each once a round. A round goes in the order of the experiment, or, "
          "with a probability that falls as the training goes on, by a curriculum: next is the "
          "task of the least loss that helps the others, as a learned transfer matrix between "
          "the heads says (the mean of each head's first weights over its outputs; left out "
          "where heads are unlike).",
          "next: min_t (1 + 0.1|B_t|₁) L_t + 0.01 Σ_s ‖w_s − Σ_j B_js w_j − B_ts w_t‖² + "
          "‖rank(L) − softrank(B_t)‖²/σ² + ‖rank(cos) − softrank(B_t)‖²/σ²; B_t by ten steps of "
          "Frank and Wolfe within 0.05",
          "Huang et al., Curriculum-based Asymmetric Multi-task Reinforcement Learning, TPAMI "
          "2023"),
      [](const Parameters&, const SchemeSetting& setting) {
        return std::make_unique<CurriculumCamrl>(setting);
      }};
}

}  // namespace eq::train
