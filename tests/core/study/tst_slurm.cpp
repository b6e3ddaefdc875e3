#include <QTemporaryDir>
#include <QTest>

#include "core/base/error.h"
#include "core/study/sweep/slurm.h"
#include "tests/registry.h"

using eq::study::SlurmOptions;
using eq::study::slurmScript;

namespace {

SlurmOptions options() {
  SlurmOptions slurm;
  slurm.folder = "/shared/it's 50%";
  slurm.program = "/opt/equipoise-cli";
  slurm.data = "/shared";
  slurm.name = "small";
  slurm.threads = 4;
  return slurm;
}

bool has(const std::string& script, const char* part) {
  return script.find(part) != std::string::npos;
}

}  // namespace

/// What is handed to a cluster; tests/scripts/check-slurm runs it on one.
class TestSlurm : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void pathsAreOneWordOfTheShellAndNoPatternOfTheLog() {
    const auto script = slurmScript(options(), "0-3");
    QVERIFY(has(script, "--out '/shared/it'\\''s 50%' "));
    QVERIFY(has(script, "#SBATCH --output=\"/shared/it's 50%%/slurm-%a.log\"\n"));
    auto quotes = options();
    quotes.folder = "/shared/a\"b";
    QVERIFY_EXCEPTION_THROWN(slurmScript(quotes, "0"), eq::Error);
  }

  void theJobArrayHasTheRunsAndTheirCores() {
    auto slurm = options();
    QVERIFY(has(slurmScript(slurm, "0-3,7"), "#SBATCH --array=0-3,7\n"));
    QVERIFY(has(slurmScript(slurm, "0"), "#SBATCH --ntasks=1 --cpus-per-task=4\n"));
    QVERIFY(has(slurmScript(slurm, "0"), " --threads 4\n"));
    QVERIFY(!has(slurmScript(slurm, "0"), "--partition"));
    slurm.workers = 2;
    slurm.partition = "gpu";
    slurm.trust = true;
    QVERIFY(has(slurmScript(slurm, "0-3,7"), "#SBATCH --array=0-3,7%2\n"));
    QVERIFY(has(slurmScript(slurm, "0"), "#SBATCH --partition=gpu\n"));
    QVERIFY(has(slurmScript(slurm, "0"), " --trust\n"));
  }

  void halvingIsNoJobArray() {
    const auto file = eq::study::parseSweepFile(R"({
      "data": {"id": "two_valleys"}, "model": {"id": "point"}, "sweep": {
        "method": "asha", "runs": 2, "fields": {"optimizer.lr": [0.1, 0.2]},
        "metric": {"task": "first", "metric": "loss"}}})",
                                                "asha.json", {});
    QVERIFY_EXCEPTION_THROWN(eq::study::openRuns(file, {}, "."), eq::Error);
  }
};

EQUIPOISE_TEST(TestSlurm)
#include "tst_slurm.moc"
