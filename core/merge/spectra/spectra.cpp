#include "core/merge/spectra/spectra.h"

#include <algorithm>

#include <Eigen/SVD>

#include "core/base/error.h"

namespace eq::merge {
namespace {

Eigen::BDCSVD<Eigen::MatrixXd> decomposed(const Eigen::MatrixXd& matrix, unsigned int options) {
  Eigen::BDCSVD<Eigen::MatrixXd> svd(matrix, options);
  if (svd.info() != Eigen::Success)
    throw Error("a singular value decomposition did not converge", ErrorKind::failure);
  return svd;
}

}  // namespace

Triples triplesOf(const Eigen::MatrixXd& matrix, double tolerance, double reference) {
  Triples triples;
  triples.rank = std::min(matrix.rows(), matrix.cols());
  if (triples.rank == 0) {
    triples.u.resize(matrix.rows(), 0);
    triples.v.resize(matrix.cols(), 0);
    return triples;
  }
  const auto svd = decomposed(matrix, Eigen::ComputeThinU | Eigen::ComputeThinV);
  const auto& sigma = svd.singularValues();
  const double threshold = tolerance * (reference > 0 ? reference : sigma[0]);
  const Eigen::Index kept = (sigma.array() > threshold).count();
  triples.u = svd.matrixU().leftCols(kept);
  triples.v = svd.matrixV().leftCols(kept);
  triples.sigma = sigma.head(kept);
  return triples;
}

Triples firstOf(const Triples& triples, Eigen::Index count) {
  const auto n = std::min(count, triples.sigma.size());
  return {triples.u.leftCols(n), triples.v.leftCols(n), triples.sigma.head(n), triples.rank};
}

double largestSingularValue(const Eigen::MatrixXd& matrix) {
  return matrix.size() > 0 ? decomposed(matrix, 0).singularValues()[0] : 0;
}

Eigen::MatrixXd polarFactor(const Eigen::MatrixXd& matrix, double tolerance) {
  const auto triples = triplesOf(matrix, tolerance);
  return triples.u * triples.v.transpose();
}

Stacked stacked(const std::vector<Triples>& parts, Eigen::Index rows, Eigen::Index columns) {
  Eigen::Index count = 0;
  for (const auto& part : parts) count += part.sigma.size();
  Stacked all{Eigen::MatrixXd(rows, count), Eigen::MatrixXd(columns, count),
              Eigen::VectorXd(count)};
  Eigen::Index begin = 0;
  for (const auto& part : parts) {
    const auto n = part.sigma.size();
    all.u.middleCols(begin, n) = part.u;
    all.v.middleCols(begin, n) = part.v;
    all.sigma.segment(begin, n) = part.sigma;
    begin += n;
  }
  return all;
}

std::vector<double> paddedSigma(const Eigen::VectorXd& sigma, Eigen::Index count) {
  std::vector<double> padded(sigma.begin(), sigma.end());
  padded.resize(static_cast<size_t>(std::max(count, sigma.size())), 0.0);
  return padded;
}

}  // namespace eq::merge
