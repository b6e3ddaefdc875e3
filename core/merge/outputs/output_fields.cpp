#include "core/merge/outputs/output_fields.h"

#include "core/base/error.h"
#include "core/metric/pareto/json_points.h"

namespace eq::merge {

using nlohmann::json;

RowMatrix readMatrix(const json& value, const std::string& place) {
  const auto rows = metric::readRows(value, place);
  if (rows.empty() || rows[0].empty())
    fail("{}: expected rows of numbers, found {}", place, metric::quoted(value));
  RowMatrix matrix(static_cast<Eigen::Index>(rows.size()),
                   static_cast<Eigen::Index>(rows[0].size()));
  for (Eigen::Index i = 0; i < matrix.rows(); ++i)
    matrix.row(i) =
        Eigen::Map<const Eigen::RowVectorXd>(rows[static_cast<size_t>(i)].data(), matrix.cols());
  return matrix;
}

std::vector<RowMatrix> readMatrices(const json& input, const std::string& field) {
  const auto& list = neededField(input, field);
  if (!list.is_array() || list.empty())
    fail("{}: expected a list of matrices, found {}", field, metric::quoted(list));
  std::vector<RowMatrix> matrices;
  for (size_t k = 0; k < list.size(); ++k)
    matrices.push_back(readMatrix(list[k], fmt::format("{}[{}]", field, k)));
  return matrices;
}

void checkShape(const RowMatrix& matrix, Eigen::Index rows, Eigen::Index columns,
                const std::string& place) {
  if (matrix.rows() != rows || matrix.cols() != columns)
    fail("{}: expected {} rows of {} numbers, found {} of {}", place, rows, columns, matrix.rows(),
         matrix.cols());
}

json matrixToJson(const RowMatrix& matrix) {
  auto rows = json::array();
  for (Eigen::Index i = 0; i < matrix.rows(); ++i)
    rows.push_back(std::vector<double>(matrix.row(i).begin(), matrix.row(i).end()));
  return rows;
}

json matricesToJson(const std::vector<RowMatrix>& matrices) {
  auto list = json::array();
  for (const auto& matrix : matrices) list.push_back(matrixToJson(matrix));
  return list;
}

}  // namespace eq::merge
