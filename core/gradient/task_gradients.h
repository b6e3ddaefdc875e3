#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/model/layer.h"

namespace eq::gradient {

/// How the gradients of full layers are held.
enum class Form {
  cheaper,  ///< whichever of the two costs less, by an estimate from shapes alone
  ghost,    ///< as D_k and X: <dW_i, dW_j> = <D_i, (X Xᵀ) D_j>, without forming any dW
  formed    ///< as dW_k = D_kᵀ X
};

/// Whether a full layer's Gramian costs less without forming the weight gradients.
/// Multiplications, N rows: ghost N² in + K N² out + K² N out; formed K N in out + K² in out.
bool ghostIsCheaper(std::int64_t rows, std::int64_t inputs, std::int64_t outputs,
                    std::int64_t tasks);

/// The gradients of K losses in the columns of J, a parameter at a time, as the chain leaves them:
/// enough for their Gramian, their norms, J itself and any combination of them. What a loss does
/// not reach has a row of exact zeros, whatever the numbers there.
class TaskGradients : public model::ParameterSink {
 public:
  /// \param uses the columns' parameters, each as often as a pass uses it: the gradients of one
  /// that is used several times are summed over the uses.
  /// \param numbers their type and device.
  TaskGradients(std::int64_t tasks, Form form, const std::vector<size_t>& uses,
                const at::TensorOptions& numbers);

  /// The losses to come are numbered from this one on. \pre everything is formed.
  void beginAt(std::int64_t loss) { first_ = loss; }

  void losses(const std::vector<std::int64_t>& which) override;
  void linear(size_t weight, size_t bias, const at::Tensor& input,
              const at::Tensor& outputs) override;
  void formed(size_t parameter, const at::Tensor& rows) override;

  at::Tensor gramian() const;  ///< [K, K] in double
  /// The products with the gradients of another batch, or of other tasks: [K,
  /// K'] in double; of these parameters, or of all.
  at::Tensor products(const TaskGradients& other) const;
  at::Tensor products(const TaskGradients& other, const std::vector<size_t>& parameters) const;
  at::Tensor squaredNorms() const;  ///< [K] in double, the diagonal alone
  /// [K, n] one parameter's rows; undefined where nothing was left.
  at::Tensor rows(size_t parameter) const;

  /// Σ_k w_k g_k into the entries of the parameters. \param weights [1, K] in the gradients' type.
  void combine(const at::Tensor& weights, std::vector<at::Tensor>& gradients) const;
  /// The same of these parameters alone, added to what is there.
  void combine(const at::Tensor& weights, const std::vector<size_t>& parameters,
               std::vector<at::Tensor>& gradients) const;

 private:
  struct Piece {
    at::Tensor rows;                   ///< [K, n], or undefined
    at::Tensor input, outputs;         ///< of a ghost
    std::vector<std::int64_t> losses;  ///< that a ghost's outputs are of
  };
  at::Tensor mixed(const Piece& ghost) const;
  at::Tensor product(size_t parameter, const TaskGradients& other) const;
  static at::Tensor combined(const Piece& piece, const at::Tensor& row);

  std::int64_t tasks_;
  at::TensorOptions numbers_;
  Form form_;
  std::map<size_t, int> uses_;
  std::int64_t first_ = 0;
  std::vector<std::int64_t> losses_;  ///< of the stacks to come
  std::map<size_t, Piece> pieces_;
};

/// The gradient of one loss, or of one combination: what the chain finds is it.
class OneGradient : public model::ParameterSink {
 public:
  /// \param gradients by parameter; added to where one is there.
  explicit OneGradient(std::vector<at::Tensor>& gradients) : gradients_(gradients) {}
  void losses(const std::vector<std::int64_t>&) override {}
  void linear(size_t weight, size_t bias, const at::Tensor& input,
              const at::Tensor& outputs) override;
  void formed(size_t parameter, const at::Tensor& rows) override;

 private:
  std::vector<at::Tensor>& gradients_;
};

}  // namespace eq::gradient
