#include "widgets/plots/geometry_scene.h"

#include <cmath>
#include <utility>

#include "core/base/error.h"
#include "core/base/gramian.h"

namespace eq::widgets {
namespace {

double product(const Place3& a, const Place3& b) {
  return a.x * b.x + a.y * b.y + a.z * b.z;
}

}  // namespace

double lengthOf(const Place3& place) {
  return std::sqrt(product(place, place));
}

Place3 scaled(const Place3& place, double factor) {
  return {factor * place.x, factor * place.y, factor * place.z};
}

void GeometryScene::set(const Eigen::MatrixXd& gramian, std::vector<double> losses) {
  const auto places = coordinatesOf(gramian);
  const auto tasks = static_cast<std::size_t>(gramian.rows());
  if (tasks != tips_.size()) methods_ = balance::answerers(gramian.rows());
  losses_ = std::move(losses);
  tips_.clear();
  for (Eigen::Index k = 0; k < gramian.rows(); ++k)
    tips_.push_back({places(k, 0), places(k, 1), tasks > 2 ? places(k, 2) : 0});
}

void GeometryScene::move(std::size_t task, const Place3& tip) {
  tips_[task] = tip;
}

Eigen::MatrixXd GeometryScene::gramian() const {
  const auto tasks = static_cast<Eigen::Index>(tips_.size());
  Eigen::MatrixXd gramian(tasks, tasks);
  for (std::size_t i = 0; i < tips_.size(); ++i)
    for (std::size_t j = 0; j < tips_.size(); ++j)
      gramian(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) =
          product(tips_[i], tips_[j]);
  return gramian;
}

Place3 GeometryScene::combined(const std::vector<double>& weights) const {
  Place3 sum;
  for (std::size_t k = 0; k < tips_.size(); ++k) {
    const Place3 part = scaled(tips_[k], weights[k]);
    sum = {sum.x + part.x, sum.y + part.y, sum.z + part.z};
  }
  return sum;
}

std::optional<Place3> GeometryScene::update(std::size_t method, QString* problem) const {
  const auto losses =
      Eigen::Map<const Eigen::VectorXd>(losses_.data(), static_cast<Eigen::Index>(losses_.size()));
  try {
    const auto weights = balance::answer(methods_[method], gramian(), losses);
    return combined({weights.begin(), weights.end()});
  } catch (const Error& error) {
    if (problem) *problem = QString::fromUtf8(error.what());
    return std::nullopt;
  }
}

}  // namespace eq::widgets
