#pragma once

#include <string>
#include <vector>

#include "core/merge/question.h"

namespace eq::merge {

/// A matrix of a person's rows, with at least one row and one column.
RowMatrix readMatrix(const nlohmann::json& value, const std::string& place);

/// A list of matrices. \throws Error that names what is wrong.
std::vector<RowMatrix> readMatrices(const nlohmann::json& input, const std::string& field);

void checkShape(const RowMatrix& matrix, Eigen::Index rows, Eigen::Index columns,
                const std::string& place);

nlohmann::json matrixToJson(const RowMatrix& matrix);
nlohmann::json matricesToJson(const std::vector<RowMatrix>& matrices);

}  // namespace eq::merge
