#include "core/relate/covariance_alignment.h"

#include <algorithm>
#include <limits>

#include <Eigen/SVD>

#include "core/base/error.h"
#include "core/metric/pareto/json_points.h"
#include "core/relate/relation.h"

namespace eq::relate {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;

constexpr double kReached = 1e-12;  ///< of the share of the trace

/// F [D, r]; no column of inputs that are 0.
MatrixXd factorOf(const MatrixXd& rows, double variance) {
  const Eigen::BDCSVD<MatrixXd> found(rows, Eigen::ComputeThinV);
  const auto& sigma = found.singularValues();
  const double trace = sigma.squaredNorm();
  const double cut = sigma[0] * static_cast<double>(std::max(rows.rows(), rows.cols())) *
                     std::numeric_limits<double>::epsilon();
  Index kept = 0;
  for (double sum = 0; kept < sigma.size() && sigma[kept] > cut; ++kept) {
    if (sum >= (variance - kReached) * trace) break;
    sum += sigma[kept] * sigma[kept];
  }
  return found.matrixV().leftCols(kept) * sigma.head(kept).asDiagonal();
}

MatrixXd matrixOf(const nlohmann::json& input, const char* name) {
  const auto path = std::string("covariance_alignment.") + name;
  const auto rows = metric::readRows(metric::fieldOf(input, name, "covariance_alignment"), path);
  if (rows.empty() || rows.front().empty())
    fail("{}: expected at least one row of at least one number, found {}", path,
         metric::quoted(input.at(name)));
  MatrixXd matrix(std::ssize(rows), std::ssize(rows.front()));
  for (Index i = 0; i < matrix.rows(); ++i)
    matrix.row(i) =
        Eigen::Map<const Eigen::RowVectorXd>(rows[static_cast<size_t>(i)].data(), matrix.cols());
  return matrix;
}

class CovarianceAlignment : public Relation {
 public:
  explicit CovarianceAlignment(const Parameters& parameters)
      : variance_(parameters.number("variance")) {}

  nlohmann::json compute(const nlohmann::json& input) const override {
    const auto x = matrixOf(input, "x"), y = matrixOf(input, "y");
    if (x.cols() != y.cols())
      fail("covariance_alignment.y: rows of {} numbers, those of x have {}", y.cols(), x.cols());
    return {{"value", covarianceAlignment(x, y, variance_)}};
  }

 private:
  double variance_;
};

}  // namespace

double covarianceAlignment(const MatrixXd& x, const MatrixXd& y, double variance) {
  const auto of = [](const MatrixXd& rows) -> double { return rows.cwiseAbs().maxCoeff(); };
  if (!(of(x) > 0) || !(of(y) > 0)) return std::numeric_limits<double>::quiet_NaN();
  // Scales do not matter, and squares of what is large or small would leave the numbers.
  const MatrixXd left = factorOf(x / of(x), variance), right = factorOf(y / of(y), variance);
  return (left.transpose() * right).norm() / (left.norm() * right.norm());
}

CatalogRow<Relation> covarianceAlignmentRow() {
  Descriptor descriptor;
  descriptor.id = "covariance_alignment";
  descriptor.title = "Covariance alignment";
  descriptor.summary =
      "Whether the inputs of two tasks vary along the same directions; of the same inputs it is "
      "‖D‖/tr D whatever the tasks are, so that it says nothing of tasks that share their inputs.";
  descriptor.formula =
      "‖F_xᵀ F_y‖/(‖F_x‖ ‖F_y‖),  F = U D^½,  XᵀX = U D Uᵀ cut at `variance` of tr D";
  descriptor.citation =
      "Wu, Zhang, Ré, Understanding and Improving Information Transfer in Multi-Task Learning, "
      "ICLR 2020";
  descriptor.parameters = {
      ParameterSpec::number("variance", 0.99, "Share of the trace that is kept").above(0).to(1)};
  descriptor.inputs = {{"x", "[n][D]", "inputs of one task, a row an example; not centred"},
                       {"y", "[m][D]", "inputs of the other"}};
  return relationRow<CovarianceAlignment>(descriptor);
}

}  // namespace eq::relate
