#include "core/balance/gradient/simplex_program.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>

namespace eq::balance {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using Face = std::vector<Index>;

constexpr Index kMostFaces = 10;  ///< tasks up to which all 2^K faces are looked at
constexpr double kSimplexRounding = 1e-12;

struct Program {
  const MatrixXd& symmetric;
  const VectorXd& linear;
  double size = std::max(symmetric.cwiseAbs().maxCoeff(), linear.cwiseAbs().maxCoeff());

  double value(const VectorXd& w) const { return w.dot(symmetric * w) / 2 + linear.dot(w); }
  VectorXd slope(const VectorXd& w) const { return symmetric * w + linear; }
};

/// Along a face the last entry is 1 minus the others: curvature and slope in those.
MatrixXd curvatureAlong(const Program& program, const Face& face) {
  const Face free(face.begin(), face.end() - 1);
  const Index last = face.back();
  const VectorXd column = program.symmetric(free, last);
  const VectorXd ones = VectorXd::Ones(column.size());
  return program.symmetric(free, free) - column * ones.transpose() - ones * column.transpose() +
         program.symmetric(last, last) * ones * ones.transpose();
}

VectorXd slopeAlong(const VectorXd& slope, const Face& face) {
  const Face free(face.begin(), face.end() - 1);
  return VectorXd(slope(free)).array() - slope[face.back()];
}

VectorXd spread(const VectorXd& free, const Face& face, Index size) {
  VectorXd all = VectorXd::Zero(size);
  for (Index i = 0; i < free.size(); ++i) all[face[static_cast<size_t>(i)]] = free[i];
  all[face.back()] = -free.sum();
  return all;
}

/// Where to go inside the face: to its least point, or without an end where the way down has none.
struct Way {
  VectorXd direction;  ///< [K]
  bool endless = false;
};

Way wayAlong(const Program& program, const Face& face, const VectorXd& slope) {
  const auto size = slope.size();
  const MatrixXd curvature = curvatureAlong(program, face);
  const VectorXd down = -slopeAlong(slope, face);
  const Eigen::LLT<MatrixXd> convex(curvature);
  if (convex.info() == Eigen::Success && convex.rcond() > kSimplexRounding)
    return {spread(convex.solve(down), face, size), false};
  const Eigen::SelfAdjointEigenSolver<MatrixXd> eigen(curvature);
  const VectorXd& values = eigen.eigenvalues();
  const VectorXd along = eigen.eigenvectors().transpose() * down;
  const double level = kSimplexRounding * values.cwiseAbs().maxCoeff();
  if (values[0] < -level) {
    const VectorXd steepest = eigen.eigenvectors().col(0) * (along[0] < 0 ? -1 : 1);
    return {spread(steepest, face, size), true};
  }
  VectorXd newton = VectorXd::Zero(along.size());
  for (Index i = 0; i < along.size(); ++i) {
    if (values[i] > level)
      newton[i] = along[i] / values[i];
    else if (std::abs(along[i]) > kSimplexRounding * program.size)
      return {spread(eigen.eigenvectors().col(i) * along[i], face, size), true};
  }
  return {spread(eigen.eigenvectors() * newton, face, size), false};
}

/// Goes along `way` as far as the simplex and the way allow. \returns whether an entry became 0.
bool go(VectorXd& w, Face& face, const Way& way) {
  double most = way.endless ? std::numeric_limits<double>::infinity() : 1;
  Index stopped = -1;
  for (const Index k : face)
    if (way.direction[k] < 0 && w[k] / -way.direction[k] < most) {
      most = w[k] / -way.direction[k];
      stopped = k;
    }
  if (stopped < 0 && way.endless) return false;  // no way at all
  w += most * way.direction;
  if (stopped < 0) return false;
  w[stopped] = 0;
  std::erase(face, stopped);
  w = w.cwiseMax(0);
  w /= w.sum();
  return true;
}

/// A point from which no way leads down, from a vertex or the middle.
VectorXd descend(const Program& program, VectorXd w) {
  Face face;
  for (Index k = 0; k < w.size(); ++k)
    if (w[k] > 0) face.push_back(k);
  for (Index round = 0; round < 50 * w.size(); ++round) {
    if (face.size() > 1 && go(w, face, wayAlong(program, face, program.slope(w)))) continue;
    const VectorXd slope = program.slope(w);
    Index lowest = 0;
    const double least = slope.minCoeff(&lowest);
    const double level = w.dot(slope);
    if (least >= level - kSimplexRounding * program.size) break;
    if (std::find(face.begin(), face.end(), lowest) != face.end()) break;
    face.push_back(lowest);
  }
  return w;
}

VectorXd bestVertex(const Program& program) {
  Index best = 0;
  (program.symmetric.diagonal() / 2 + program.linear).minCoeff(&best);
  return VectorXd::Unit(program.linear.size(), best);
}

bool isConvex(const Program& program) {
  Face all(static_cast<size_t>(program.linear.size()));
  for (size_t k = 0; k < all.size(); ++k) all[k] = static_cast<Index>(k);
  const Eigen::SelfAdjointEigenSolver<MatrixXd> eigen(curvatureAlong(program, all),
                                                      Eigen::EigenvaluesOnly);
  return eigen.eigenvalues()[0] >= -kSimplexRounding * eigen.eigenvalues().cwiseAbs().maxCoeff();
}

/// The least point inside any face; every minimum is one of a face that is convex.
VectorXd leastOfFaces(const Program& program, VectorXd best) {
  const Index size = program.linear.size();
  for (std::uint64_t mask = 1; mask < (std::uint64_t{1} << size); ++mask) {
    Face face;
    for (Index k = 0; k < size; ++k)
      if (mask >> k & 1) face.push_back(k);
    VectorXd w = VectorXd::Unit(size, face.back());
    if (face.size() > 1) {
      const Eigen::LLT<MatrixXd> convex(curvatureAlong(program, face));
      if (convex.info() != Eigen::Success) continue;
      w += spread(convex.solve(-slopeAlong(program.slope(w), face)), face, size);
      if (!(w.minCoeff() >= 0)) continue;
    }
    if (program.value(w) < program.value(best)) best = w;
  }
  return best;
}

}  // namespace

VectorXd leastOnSimplex(const MatrixXd& symmetric, const VectorXd& linear) {
  const Program program{symmetric, linear};
  const Index size = linear.size();
  VectorXd best = descend(program, bestVertex(program));
  if (size == 1 || isConvex(program)) return best;
  if (size <= kMostFaces) return leastOfFaces(program, best);
  for (Index start = -1; start < size; ++start) {
    const VectorXd from = start < 0 ? VectorXd::Constant(size, 1.0 / static_cast<double>(size))
                                    : VectorXd(VectorXd::Unit(size, start));
    const VectorXd found = descend(program, from);
    if (program.value(found) < program.value(best)) best = found;
  }
  return best;
}

}  // namespace eq::balance
