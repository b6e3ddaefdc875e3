#include "core/model/structure/similarity.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/ops/stack.h>

#include "core/base/dendrogram.h"

namespace eq::model {
namespace {

constexpr double kRounding = 1e-12;
constexpr double kUnlike = 2;  // a distance that no threshold allows

}  // namespace

at::Tensor linearCka(const std::vector<at::Tensor>& outputs) {
  // <X Xᵀ, Y Yᵀ> = ‖YᵀX‖²: of as many numbers as there are examples.
  std::vector<at::Tensor> products;
  for (const auto& output : outputs) {
    const auto rows = output.detach().flatten(1).to(at::kDouble);
    const auto centred = rows - rows.mean(0, true);
    products.push_back(centred.mm(centred.t()).flatten());
  }
  const auto all = at::stack(products);
  const auto norms = all.norm(2, {1}, true);
  return all.mm(all.t()) / norms.mm(norms.t());
}

std::vector<std::vector<size_t>> groupsAlike(const at::Tensor& similarity,
                                             const std::vector<size_t>& members, double threshold) {
  const auto host = similarity.to(at::kCPU, at::kDouble).contiguous();
  const auto* values = host.const_data_ptr<double>();
  const auto tasks = static_cast<size_t>(host.size(0));
  std::vector<double> distances;
  for (const auto i : members)
    for (const auto j : members) {
      const double alike = values[i * tasks + j];
      distances.push_back(std::isnan(alike) ? kUnlike : 1 - alike);
    }
  std::vector<std::vector<size_t>> clusters;
  for (const auto one : members) clusters.push_back({one});
  std::vector<char> whole(members.size(), 1);
  for (const auto& merge : dendrogram(std::move(distances), members.size())) {
    if (merge.height > 1 - threshold + kRounding) break;
    clusters.push_back(clusters[merge.a]);
    clusters.back().insert(clusters.back().end(), clusters[merge.b].begin(),
                           clusters[merge.b].end());
    whole[merge.a] = whole[merge.b] = 0;
    whole.push_back(1);
  }
  std::vector<std::vector<size_t>> groups;
  for (size_t i = 0; i < clusters.size(); ++i) {
    if (!whole[i]) continue;
    std::sort(clusters[i].begin(), clusters[i].end());
    groups.push_back(std::move(clusters[i]));
  }
  std::sort(groups.begin(), groups.end());
  return groups;
}

}  // namespace eq::model
