#pragma once

#include <string>
#include <vector>

#include "core/base/descriptor.h"
#include "core/loss/loss.h"

namespace eq::loss {

/// Which items belong to one query.
struct Queries {
  at::Tensor same;   ///< bool [N, N]
  at::Tensor first;  ///< bool [N], the first item of each query
};

/// One score an item.
std::vector<Readout> scoreReadouts(const TaskInfo& task);
/// The scores, where those of the task are single numbers anyway.
at::Tensor decodedScore(const Batch& batch);
/// Kinds of tasks whose targets order their items.
std::vector<TaskKind> kindsOfRelevance();

/// A loss of scores [N] against relevances [N] of items in queries (field `group`, one query
/// without it). It has a value for the batch only.
class RankingLoss : public Loss {
 public:
  void check(const Batch& batch) const override;
  Value evaluate(const Batch& batch, bool perSample = false) const override;
  std::vector<Readout> readouts(const TaskInfo& task) const override { return scoreReadouts(task); }
  at::Tensor decode(const Batch& batch) const override { return decodedScore(batch); }

 protected:
  explicit RankingLoss(std::string id) : id_(std::move(id)) {}

  const std::string& id() const { return id_; }

  /// \param relevance [N], of the scores' type.
  virtual at::Tensor value(const Batch& batch, const at::Tensor& relevance,
                           const Queries& queries) const = 0;
  /// Further rules on the batch.
  virtual void checkFurther(const Batch&) const {}

 private:
  std::string id_;
};

/// Matrix of x_i - x_j, [N, N].
at::Tensor differences(const at::Tensor& x);
/// bool [N, N]: j stands before i in descending order; of equals the lower index does.
at::Tensor standsBefore(const at::Tensor& x);
/// Mean of `terms` [N, N] over the `pairs` (bool [N, N]) of a query, then over the queries that
/// have a pair.
at::Tensor meanOverPairs(const at::Tensor& terms, const at::Tensor& pairs, const Queries& queries);
/// log Σ_j exp x_j over the j that `members` (bool [N, N], the diagonal included) has in row i,
/// [N].
at::Tensor logSumOver(const at::Tensor& x, const at::Tensor& members);

Descriptor rankingDescriptor(const std::string& id, const std::string& title,
                             const std::string& summary, const std::string& formula,
                             const std::string& citation, std::vector<ParameterSpec> parameters);

}  // namespace eq::loss
