#include "core/balance/loss_refusal.h"

#include <cmath>

#include <fmt/format.h>

namespace eq::balance {

using Eigen::Index;
using Eigen::VectorXd;

LossRefusal::LossRefusal(Least least, std::string reason)
    : least_(least),
      text_(fmt::format("its loss is {}, but {}, so it has no weight; a loss that is always {}, or "
                        "another weighting, has one",
                        least == Least::zero ? "below 0" : "not above 0", reason,
                        least == Least::zero ? "at least 0" : "above 0")) {}

bool LossRefusal::refuses(const VectorXd& losses, const std::vector<Index>& tasks) {
  weights_ = VectorXd::Ones(std::ssize(tasks));
  remarks_.clear();
  for (size_t i = 0; i < tasks.size(); ++i) {
    const double loss = losses[tasks[i]];
    if (least_ == Least::zero ? loss >= 0 : loss > 0) continue;
    weights_[static_cast<Index>(i)] = std::nan("");
    remarks_.push_back({tasks[i], text_});
  }
  return !remarks_.empty();
}

}  // namespace eq::balance
