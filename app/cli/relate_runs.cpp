#include "app/cli/relate_runs.h"

#include <cmath>
#include <limits>

#include "app/cli/steps_input.h"
#include "core/base/error.h"
#include "core/relate/tag.h"
#include "core/run/run_argument.h"
#include "core/run/run_folder.h"

namespace eq::cli {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using nlohmann::json;

VectorXd vectorOf(const std::vector<double>& numbers) {
  return Eigen::Map<const VectorXd>(numbers.data(), std::ssize(numbers));
}

/// Row by row.
MatrixXd matrixOf(const std::vector<double>& numbers, Index tasks) {
  return Eigen::Map<const MatrixXd>(numbers.data(), tasks, tasks).transpose();
}

/// A loss of 0 counts as none: nothing can be divided by it.
VectorXd divisors(const std::vector<double>& losses) {
  return vectorOf(losses).unaryExpr([](double loss) { return loss == 0 ? std::nan("") : loss; });
}

relate::GramianProbe gramianProbe(const train::StepRecord& record) {
  const auto& conflict = *record.conflict;
  const auto norms = vectorOf(conflict.norms);
  MatrixXd gramian = matrixOf(conflict.cosines, norms.size());
  gramian = norms.asDiagonal() * gramian * norms.asDiagonal();
  return {std::move(gramian), divisors(record.losses), record.learningRate};
}

/// The probes of a run: as it was looked ahead, else in first order from the gradients' products.
json tagOfRun(const std::string& run, const Parameters& parameters) {
  const auto place = run::runArgument(run);
  const run::RunReader reader(place.folder);
  const auto last = place.step < 0 ? std::numeric_limits<std::int64_t>::max() : place.step;
  std::vector<relate::Probe> probes;
  std::vector<relate::GramianProbe> gramians;
  for (const auto& record : reader.steps(0, last)) {
    if (record.affinity) {
      const auto before = divisors(record.affinity->before);
      probes.push_back({before, matrixOf(record.affinity->after, before.size())});
    }
    if (record.conflict) gramians.push_back(gramianProbe(record));
  }
  if (probes.empty() && gramians.empty())
    fail(
        "{}: nothing was looked ahead from and no gradients were compared; set affinity.every or "
        "conflict.every of its experiment",
        run);
  MatrixXd found = probes.empty() ? relate::tagAffinity(gramians) : relate::tagAffinity(probes);
  if (!parameters.isNull("divide_by_lr")) found /= parameters.number("divide_by_lr");
  return {{"affinity", toJson(found)},
          {"names", reader.tasks()},
          {"form", probes.empty() ? "first_order" : "exact"},
          {"probes", probes.empty() ? gramians.size() : probes.size()}};
}

}  // namespace

json relateRuns(const std::string& id, const std::vector<std::string>& runs,
                const Parameters& parameters) {
  if (id != "tag")
    fail("{}: --runs reads what runs have recorded, which is of tag alone; give --input", id);
  if (runs.size() != 1) fail("tag: --runs takes one run, found {}", runs.size());
  return tagOfRun(runs.front(), parameters);
}

}  // namespace eq::cli
