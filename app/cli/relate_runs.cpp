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
  const MatrixXd lengths = norms * norms.transpose();
  // A gradient of length 0 has no angles, but products: 0.
  const MatrixXd gramian =
      (lengths.array() == 0)
          .select(0, lengths.cwiseProduct(matrixOf(conflict.cosines, norms.size())));
  return {gramian, divisors(record.losses), record.learningRate};
}

/// Damaged files may hold anything.
void requireTasks(const std::string& run, const train::StepRecord& record, size_t tasks) {
  const auto check = [&](const char* what, size_t found) {
    if (found != tasks)
      fail("{}: step {} has {} {} of {} tasks; the run is damaged", run, record.step, found, what,
           tasks);
  };
  if (record.affinity) check("losses looked ahead from", record.affinity->before.size());
  if (!record.conflict) return;
  check("losses", record.losses.size());
  check("norms of gradients", record.conflict->norms.size());
}

/// The products of gradients in the parameters where there are some, of direct feedback with them,
/// else those in the representations.
struct FirstOrder {
  std::vector<relate::GramianProbe> exact, representation;

  void add(const train::StepRecord& record) {
    const bool inParts = record.conflict->source == train::GradientSource::representation;
    (inParts ? representation : exact).push_back(gramianProbe(record));
  }
  const std::vector<relate::GramianProbe>& best() const {
    return exact.empty() ? representation : exact;
  }
};

/// The probes of a run: as it was looked ahead, else in first order from the gradients' products.
json tagOfRun(const std::string& run, const Parameters& parameters) {
  const auto place = run::runArgument(run);
  const run::RunReader reader(place.folder);
  const auto last = place.step < 0 ? std::numeric_limits<std::int64_t>::max() : place.step;
  std::vector<relate::Probe> probes;
  FirstOrder gramians;
  for (const auto& record : reader.steps(0, last)) {
    requireTasks(run, record, reader.tasks().size());
    if (record.affinity) {
      const auto before = divisors(record.affinity->before);
      probes.push_back({before, matrixOf(record.affinity->after, before.size())});
    }
    if (record.conflict) gramians.add(record);
  }
  const auto& products = gramians.best();
  if (probes.empty() && products.empty())
    fail(
        "{}: nothing was looked ahead from and no gradients were compared; set affinity.every or "
        "conflict.every of its experiment",
        run);
  MatrixXd found = probes.empty() ? relate::tagAffinity(products) : relate::tagAffinity(probes);
  if (!parameters.isNull("divide_by_lr")) found /= parameters.number("divide_by_lr");
  return {{"affinity", toJson(found)},
          {"names", reader.tasks()},
          {"form", probes.empty() ? "first_order" : "exact"},
          {"gradients", !probes.empty() || !gramians.exact.empty() ? "exact" : "representation"},
          {"probes", probes.empty() ? products.size() : probes.size()}};
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
