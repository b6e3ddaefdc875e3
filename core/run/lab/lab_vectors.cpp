#include "core/run/lab/lab_vectors.h"

#include <algorithm>

#include "core/merge/catalog.h"
#include "core/merge/method.h"

namespace eq::run {
namespace {

using Eigen::VectorXd;
using nlohmann::json;

std::optional<double> shareOf(Eigen::Index count, Eigen::Index of) {
  if (of == 0) return std::nullopt;
  return static_cast<double>(count) / static_cast<double>(of);
}

/// Signs, −1, 0 or 1: products of small entries would underflow.
merge::Vectors signsOf(const merge::Vectors& taus) {
  merge::Vectors signs;
  for (const auto& tau : taus) signs.emplace_back(tau.array().sign().matrix());
  return signs;
}

template <typename Of>
LabTable tableOf(std::size_t count, Of of) {
  LabTable table(count, std::vector<std::optional<double>>(count));
  for (std::size_t a = 0; a < count; ++a)
    for (std::size_t b = a; b < count; ++b) table[a][b] = table[b][a] = of(a, b);
  return table;
}

std::optional<double> opposedShare(const VectorXd& one, const VectorXd& other) {
  const auto products = (one.array() * other.array()).eval();
  return shareOf((products < 0).count(), (products != 0).count());
}

double conflictShare(const merge::Vectors& signs) {
  VectorXd least = signs[0], most = signs[0];
  for (const auto& one : signs) {
    least = least.cwiseMin(one);
    most = most.cwiseMax(one);
  }
  return shareOf((least.array() < 0 && most.array() > 0).count(), least.size()).value_or(0);
}

LabTable cosinesFrom(const json& rows) {
  LabTable table;
  for (const auto& row : rows) {
    table.emplace_back();
    for (const auto& cosine : row)
      table.back().push_back(cosine.is_null() ? std::nullopt : std::optional(cosine.get<double>()));
  }
  return table;
}

LabGeometry geometryOf(const merge::Vectors& taus, const std::string& name) {
  json found;
  merge::addGeometry(taus, found);
  LabGeometry geometry{name, taus[0].size(), {}, {}, {}, 0};
  geometry.norms = found.at("norms").get<std::vector<double>>();
  geometry.cosines = cosinesFrom(found.at("cosines"));
  const auto signs = signsOf(taus);
  geometry.conflicts = tableOf(
      taus.size(), [&](std::size_t a, std::size_t b) { return opposedShare(signs[a], signs[b]); });
  geometry.conflict = conflictShare(signs);
  return geometry;
}

/// [0..K] share of the entries that so many masks keep.
std::vector<double> usesOf(const Eigen::Ref<const VectorXd>& users, std::size_t masks) {
  std::vector<double> uses;
  for (std::size_t count = 0; count <= masks; ++count)
    uses.push_back(
        shareOf((users.array() == static_cast<double>(count)).count(), users.size()).value_or(0));
  return uses;
}

}  // namespace

std::vector<LabGeometry> labGeometry(const merge::Question& question) {
  std::vector<LabGeometry> all{geometryOf(question.taus, {})};
  for (const auto& place : question.places) {
    merge::Vectors parts;
    for (const auto& tau : question.taus) parts.emplace_back(tau.segment(place.begin, place.size));
    all.push_back(geometryOf(parts, place.name));
  }
  return all;
}

LabMasks labMasks(const merge::Question& question, double lambda) {
  const auto method = merge::createMerge("tall_masks", {{"lambda", lambda}});
  const auto fields =
      dynamic_cast<const merge::TensorMerge&>(*method).mergedOf(question, {}, 0).fields;
  merge::Vectors masks;
  for (const auto& mask : fields.at("masks"))
    masks.push_back(merge::readFlat(mask, "masks", question));
  LabMasks found{lambda, fields.at("shares").get<std::vector<double>>(), {}, {}};
  found.overlaps = tableOf(masks.size(), [&](std::size_t a, std::size_t b) {
    const auto sum = (masks[a] + masks[b]).eval();
    return shareOf((sum.array() == 2).count(), (sum.array() > 0).count());
  });
  const auto users = merge::sumOf(masks);
  found.uses.push_back(usesOf(users, masks.size()));
  for (const auto& place : question.places)
    found.uses.push_back(usesOf(users.segment(place.begin, place.size), masks.size()));
  return found;
}

}  // namespace eq::run
