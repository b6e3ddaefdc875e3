#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/merge/tensors.h"

namespace eq::merge {

using Vectors = std::vector<Eigen::VectorXd>;
using RowMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Where a merged tensor stands in the flat order.
struct Place {
  std::string name;
  std::vector<std::int64_t> shape;
  Eigen::Index begin = 0, size = 0;
};

/// What is merged: the merged tensors of base and experts, flat: by name (bytewise ascending), each
/// row-major.
struct Question {
  std::vector<Place> places;
  bool hasBase = false;
  Eigen::VectorXd base;            ///< θ0; without a base, the first expert
  Vectors experts;                 ///< θ_k
  Vectors taus;                    ///< τ_k = θ_k − θ0
  Model copied;                    ///< what the result takes unmerged
  std::vector<std::string> known;  ///< names of all tensors of base and experts, ascending

  size_t count() const { return experts.size(); }
  bool knows(const std::string& name) const;
  const Place* find(const std::string& name) const;
};

bool given(const nlohmann::json& input, const std::string& field);

/// A field of the input. \throws Error `scores: is required and missing`.
const nlohmann::json& neededField(const nlohmann::json& input, const std::string& field);

/// \throws Error `grams: expected a list of 2, one an expert, found 3`.
void checkPerExpert(const nlohmann::json& list, const std::string& place, size_t experts);

/// Of a calculation's input. \param exclude beginnings of the names that are not merged.
/// \throws Error that names every tensor which only one side has, with the expert.
Question readQuestion(const nlohmann::json& input, const std::vector<std::string>& exclude,
                      bool needsBase);

/// Whether the name begins with one of `exclude`.
bool isExcluded(const std::string& name, const std::vector<std::string>& exclude);

/// Of models that were read. \param names [K] of the experts, for messages.
/// \throws Error that names every tensor which only one side has, or which has another shape or
/// type.
Question questionOf(const Model& base, const std::vector<Model>& experts,
                    const std::vector<std::string>& names, const std::vector<std::string>& exclude);

/// The merged tensors of a further field; names that base or experts know are ignored.
/// \throws Error for unknown names, other shapes and missing tensors.
Eigen::VectorXd readFlat(const nlohmann::json& value, const std::string& place,
                         const Question& question);

/// A flat vector as {NAME: tensor}. \param asIntegers for masks.
nlohmann::json flatToJson(const Eigen::VectorXd& flat, const Question& question,
                          bool asIntegers = false);

/// The part of a flat vector that a matrix takes. \pre the place's shape has rank 2 or more, of
/// which those after the first are one.
RowMatrix matrixAt(const Eigen::VectorXd& flat, const Place& place);
void setMatrixAt(Eigen::VectorXd& flat, const Place& place, const RowMatrix& matrix);

}  // namespace eq::merge
