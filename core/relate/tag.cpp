#include "core/relate/tag.h"

#include <cmath>

#include "core/base/error.h"
#include "core/metric/pareto/json_points.h"
#include "core/relate/relation.h"

namespace eq::relate {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using nlohmann::json;

/// Entry by entry, of what is a number. \pre at least one matrix.
MatrixXd meanOf(const std::vector<MatrixXd>& all) {
  MatrixXd sums = MatrixXd::Zero(all.front().rows(), all.front().cols()), counts = sums;
  for (const auto& one : all) {
    const auto known = one.array().isFinite();
    sums += known.select(one, MatrixXd::Zero(one.rows(), one.cols()));
    counts += known.cast<double>().matrix();
  }
  return sums.cwiseQuotient(counts);  // 0/0 is NaN
}

VectorXd vectorOf(const json& value, const std::string& path, std::optional<size_t> length) {
  const auto numbers = metric::readNumbers(value, path, length);
  if (numbers.empty()) fail("{}: expected a number a task, found []", path);
  return Eigen::Map<const VectorXd>(numbers.data(), std::ssize(numbers));
}

/// Losses, by one of which something is divided.
VectorXd lossesOf(const json& value, const std::string& path, std::optional<size_t> length) {
  auto losses = vectorOf(value, path, length);
  for (Index j = 0; j < losses.size(); ++j)
    if (losses[j] == 0) fail("{}[{}]: a loss is divided by and must not be 0, found 0", path, j);
  return losses;
}

MatrixXd squareOf(const json& value, const std::string& path, Index tasks) {
  if (!value.is_array() || std::ssize(value) != tasks)
    fail("{}: expected {} rows, one a task, found {}", path, tasks, metric::quoted(value));
  MatrixXd matrix(tasks, tasks);
  for (Index i = 0; i < tasks; ++i) {
    const auto row = static_cast<size_t>(i);
    matrix.row(i) = vectorOf(value[row], fmt::format("{}[{}]", path, i), static_cast<size_t>(tasks))
                        .transpose();
  }
  return matrix;
}

/// One entry a probe, of two fields. \param make (losses, matrix) of each.
template <typename Make>
auto probesOf(const json& input, const std::string& losses, const std::string& matrices,
              Make make) {
  const auto& first = metric::fieldOf(input, losses, "tag");
  const auto& second = metric::fieldOf(input, matrices, "tag");
  const auto path = [](const std::string& name) { return "tag." + name; };
  if (!first.is_array() || first.empty())
    fail("{}: expected at least one probe, found {}", path(losses), metric::quoted(first));
  if (!second.is_array() || second.size() != first.size())
    fail("{}: expected {} probes as in {}, found {}", path(matrices), first.size(), losses,
         metric::quoted(second));
  std::vector<decltype(make(VectorXd(), MatrixXd()))> probes;
  std::optional<size_t> tasks;
  for (size_t s = 0; s < first.size(); ++s) {
    const auto before = lossesOf(first[s], fmt::format("{}[{}]", path(losses), s), tasks);
    tasks = static_cast<size_t>(before.size());
    probes.push_back(
        make(before, squareOf(second[s], fmt::format("{}[{}]", path(matrices), s), before.size())));
  }
  return probes;
}

class Tag : public Relation {
 public:
  explicit Tag(const Parameters& parameters) : rate_(parameters.number("lr")) {
    if (!parameters.isNull("divide_by_lr")) divisor_ = parameters.number("divide_by_lr");
  }

  json compute(const json& input) const override {
    const MatrixXd found = affinityOf(input) / divisor_;
    auto rows = json::array();
    for (Index i = 0; i < found.rows(); ++i) {
      const VectorXd row = found.row(i);
      rows.push_back(std::vector<double>(row.begin(), row.end()));
    }
    return {{"affinity", rows}};
  }

 private:
  MatrixXd affinityOf(const json& input) const {
    if (input.contains("before") || input.contains("after"))
      return tagAffinity(probesOf(input, "before", "after", [](VectorXd before, MatrixXd after) {
        return Probe{std::move(before), std::move(after)};
      }));
    if (!input.contains("gramian") && !input.contains("losses"))
      fail("tag.before: is required and missing; or, for the first order, gramian and losses");
    return tagAffinity(probesOf(input, "losses", "gramian", [&](VectorXd losses, MatrixXd gramian) {
      return GramianProbe{std::move(gramian), std::move(losses), rate_};
    }));
  }

  double rate_;
  double divisor_ = 1;
};

}  // namespace

MatrixXd tagAffinity(const std::vector<Probe>& probes) {
  std::vector<MatrixXd> all;
  for (const auto& probe : probes)
    all.push_back(
        (1.0 - probe.after.array().rowwise() / probe.before.transpose().array()).matrix());
  return meanOf(all);
}

MatrixXd tagAffinity(const std::vector<GramianProbe>& probes) {
  std::vector<MatrixXd> all;
  for (const auto& probe : probes)
    all.push_back(probe.rate *
                  (probe.gramian.array().rowwise() / probe.losses.transpose().array()).matrix());
  return meanOf(all);
}

CatalogRow<Relation> tagRow() {
  Descriptor descriptor;
  descriptor.id = "tag";
  descriptor.title = "Inter-task affinity (TAG)";
  descriptor.summary =
      "What a gradient step for one task does for the loss of another: above 0 it helps. From the "
      "losses before and after such steps, or in first order from the Gramian.";
  descriptor.formula = "Z_ij = mean of 1 − L_j(θ − η ∇L_i)/L_j(θ),  or of η G_ij/L_j";
  descriptor.citation =
      "Fifty et al., Efficiently Identifying Task Groupings for Multi-Task Learning, NeurIPS 2021";
  auto divisor =
      ParameterSpec::number("divide_by_lr", 0,
                            "η, to divide by as a released variant does; null: not divided")
          .above(0)
          .orNull();
  divisor.defaultValue = nullptr;
  descriptor.parameters = {divisor,
                           ParameterSpec::number("lr", 0.01, "η of the first order").above(0)};
  const auto optional = [](const char* name, const char* shape, const char* doc) {
    InputField field{name, shape, doc};
    field.required = false;
    return field;
  };
  descriptor.inputs = {
      optional("before", "[S][K]", "losses at each probe; none may be 0"),
      optional("after", "[S][K][K]", "[s][i][j] = L_j on the same batch after a step for task i"),
      optional("gramian", "[S][K][K]", "in place of before and after: the first order"),
      optional("losses", "[S][K]", "with gramian; none may be 0")};
  return relationRow<Tag>(descriptor);
}

}  // namespace eq::relate
