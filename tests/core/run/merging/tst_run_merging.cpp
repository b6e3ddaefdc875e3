#include "core/run/merging/merge_runs.h"

#include <QTemporaryDir>
#include <QTest>

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "core/base/error.h"
#include "core/merge/catalog.h"
#include "core/run/atomic_file.h"
#include "tests/core/run/merging/merge_fixture.h"
#include "tests/registry.h"

namespace fs = std::filesystem;

using eq::run::mergeRuns;
using eq::run::RunReader;
using eq::test::MergeFixture;
using nlohmann::json;

namespace {

/// What a calculation reads of a checkpoint.
json modelAsJson(const eq::train::Snapshot& snapshot) {
  json model;
  for (const auto& [name, tensor] : snapshot.tensors) {
    if (!name.starts_with("model.")) continue;
    const auto numbers = tensor.to(at::kDouble).contiguous();
    const auto* data = numbers.const_data_ptr<double>();
    model[name.substr(6)] = {{"shape", numbers.sizes().vec()},
                             {"data", std::vector<double>(data, data + numbers.numel())}};
  }
  return model;
}

bool isSame(const at::Tensor& tensor, const json& numbers) {
  const auto flat = tensor.flatten();
  if (flat.numel() != static_cast<std::int64_t>(numbers.size())) return false;
  for (std::int64_t i = 0; i < flat.numel(); ++i)
    if (flat[i].item<float>() != static_cast<float>(numbers[static_cast<size_t>(i)].get<double>()))
      return false;
  return true;
}

double valueOf(const fs::path& run, const std::string& metric, size_t task,
               eq::train::SplitName split = eq::train::SplitName::validation) {
  double value = std::nan("");
  for (const auto& evaluation : RunReader(run).evaluations())
    if (evaluation.split == split) value = evaluation.tasks.at(task).at(metric);
  return value;
}

/// Where the merge is refused; "" where it is not.
std::string refusal(const eq::run::MergeRequest& request) {
  try {
    mergeRuns(request);
  } catch (const eq::Error& error) {
    return error.what();
  }
  return {};
}

bool holds(const std::string& text, const std::string& part) {
  if (text.find(part) != std::string::npos) return true;
  qWarning("\"%s\" is not in \"%s\"", part.c_str(), text.c_str());
  return false;
}

}  // namespace

/// Merges of real runs, a few steps long.
class TestRunMerging : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir folder_;
  std::unique_ptr<MergeFixture> runs_;

  fs::path path(const char* name) const { return folder_.filePath(name).toStdString(); }

 private Q_SLOTS:
  void initTestCase() { runs_ = std::make_unique<MergeFixture>(path("runs")); }

  void theCheckpointIsTheCalculation_data() {
    QTest::addColumn<QString>("id");
    QTest::addColumn<QString>("params");
    const auto add = [](const char* name, const char* id, const char* params) {
      QTest::newRow(name) << QString(id) << QString(params);
    };
    add("average", "weight_average", "{}");
    add("weighted", "weight_average", R"({"weights": [1, 2, 3]})");
    add("add", "task_arithmetic", R"({"lambda": 0.4})");
    add("negate", "task_arithmetic", R"({"operation": "negate", "lambda": 0.2})");
    add("analogy", "task_arithmetic", R"({"operation": "analogy"})");
    add("ties", "ties", "{}");
    add("dare", "dare", "{}");
    add("dare and ties", "dare", R"({"then": "ties", "drop": 0.3})");
    add("pcb", "pcb", R"({"lambda": [1, 0.5, 1.5]})");
    add("tall_masks", "tall_masks", "{}");
    add("consensus", "consensus", "{}");
    add("iso_c", "iso_c", R"({"lambda": 0.7})");
    add("iso_cts", "iso_cts", "{}");
    add("tsv_m", "tsv_m", "{}");
    add("all of the trunk but one", "ties", R"({"exclude": ["head.", "trunk.0"]})");
  }
  void theCheckpointIsTheCalculation() {
    QFETCH(QString, id);
    QFETCH(QString, params);
    const auto given = json::parse(params.toStdString());
    auto request = runs_->request(id.toStdString(), given);
    request.seed = 7;
    mergeRuns(request);
    json input{{"base", modelAsJson(MergeFixture::lastCheckpoint(runs_->base))}};
    for (const auto& expert : runs_->experts)
      input["experts"].push_back(modelAsJson(MergeFixture::lastCheckpoint(expert)));
    const auto expected =
        eq::merge::createMerge(id.toStdString(), given)->compute(input, 7).at("merged");
    const auto merged = MergeFixture::lastCheckpoint(request.out);
    int trunk = 0;
    for (const auto& [name, tensor] : merged.tensors) {
      if (!name.starts_with("model.trunk.")) continue;
      ++trunk;
      QVERIFY2(isSame(tensor, expected.at(name.substr(6)).at("data")), name.c_str());
    }
    QCOMPARE(trunk, 4);
  }

  void headsAreFromTheRunThatTrainedTheTask() {
    auto request = runs_->request("ties");
    std::swap(request.runs[0], request.runs[2]);
    mergeRuns(request);
    const auto merged = MergeFixture::lastCheckpoint(request.out);
    for (size_t k = 0; k < 3; ++k) {
      const auto name = fmt::format("model.head.y{}.linear-2.weight", k + 1);
      const auto own = MergeFixture::lastCheckpoint(runs_->experts[k]).tensors.at(name);
      QVERIFY(merged.tensors.at(name).equal(own));
      QVERIFY(!MergeFixture::lastCheckpoint(runs_->base).tensors.at(name).equal(own));
    }
  }

  void aTaskThatNoRunTrainsKeepsTheBasesHead() {
    auto request = runs_->request("task_arithmetic");
    request.runs.pop_back();
    const auto report = mergeRuns(request).report;
    const auto merged = MergeFixture::lastCheckpoint(request.out);
    const auto base = MergeFixture::lastCheckpoint(runs_->base);
    QVERIFY(merged.tensors.at("model.head.y3.linear-2.weight")
                .equal(base.tensors.at("model.head.y3.linear-2.weight")));
    QVERIFY(report["tasks"][2]["head"].is_null());
    QVERIFY(report["tasks"][2]["validation"]["normalised"].is_null());
    QVERIFY(report["mean"]["validation"]["undefined"] == 1);
  }

  void streamsAndCountersAreTheBasesAndTheOptimizerIsFresh() {
    const auto request = runs_->request("ties");
    mergeRuns(request);
    const auto merged = MergeFixture::lastCheckpoint(request.out);
    const auto base = MergeFixture::lastCheckpoint(runs_->base);
    for (const char* key : {"step", "examples", "seconds", "sampler", "experiment"})
      QVERIFY2(merged.meta.at(key) == base.meta.at(key), key);
    QVERIFY(merged.tensors.at("random.dropout").equal(base.tensors.at("random.dropout")));
    int moments = 0;
    for (const auto& [name, tensor] : merged.tensors) {
      if (!name.starts_with("optimizer.")) continue;
      ++moments;
      QCOMPARE(tensor.to(at::kDouble).abs().sum().item<double>(), 0.0);
      QVERIFY(!base.tensors.at(name).equal(tensor));
    }
    QVERIFY(moments > 0);
  }

  void itIsAForkOfTheBaseThatGoesOn() {
    const auto request = runs_->request("task_arithmetic");
    mergeRuns(request);
    const auto info = RunReader(request.out).info();
    QCOMPARE(info.state, eq::run::RunState::stopped);
    QCOMPARE(info.steps, MergeFixture::kBaseSteps);
    QCOMPARE(info.parentStep, MergeFixture::kBaseSteps);
    QCOMPARE(info.parentId, RunReader(runs_->base).info().id);
    const auto evaluated = valueOf(request.out, "loss", 0);
    {
      const auto runner = eq::run::Runner::resume(request.out);
      QCOMPARE(runner->trainer().stepsDone(), MergeFixture::kBaseSteps);
      MergeFixture::trainTo(*runner, MergeFixture::kBaseSteps + 6);
    }
    const RunReader reader(request.out);
    QCOMPARE(reader.info().steps, MergeFixture::kBaseSteps + 6);
    QVERIFY(valueOf(request.out, "loss", 0) != evaluated);
    const auto count = std::ranges::count_if(
        reader.events(), [](const auto& event) { return event.kind == "merge"; });
    QCOMPARE(count, std::ptrdiff_t{1});
    const auto child =
        eq::run::Runner::fork(request.out, MergeFixture::kBaseSteps + 3, path("children"));
    const auto ours = RunReader(child->folder()).steps(), theirs = reader.steps();
    QCOMPARE(ours.size(), size_t{MergeFixture::kBaseSteps + 3});
    for (size_t i = 0; i < ours.size(); ++i) QVERIFY(ours[i].losses == theirs[i].losses);
  }

  void withoutItsCheckpointTheStepsAfterItAreNotMadeAgain() {
    const auto request = runs_->request("task_arithmetic");
    mergeRuns(request);
    MergeFixture::trainTo(*eq::run::Runner::resume(request.out), MergeFixture::kBaseSteps + 4);
    fs::remove(eq::run::checkpointFile(request.out, MergeFixture::kBaseSteps));
    try {
      eq::run::Runner::fork(request.out, MergeFixture::kBaseSteps + 2, path("children"));
      QFAIL("the steps were made again");
    } catch (const eq::Error& error) {
      QVERIFY(holds(error.what(), "only the checkpoint of that step has the merged parameters"));
    }
  }

  void theReportSaysWhatTheRunsSay() {
    const auto request = runs_->request("weight_average");
    const auto report = mergeRuns(request).report;
    QVERIFY(json::parse(eq::run::readWhole(request.out / "merge.json")) == report);
    for (size_t t = 0; t < 3; ++t) {
      const auto& task = report["tasks"][t];
      const auto metric = task["metric"].get<std::string>();
      for (const auto split : {eq::train::SplitName::validation, eq::train::SplitName::test}) {
        const auto& values = task[eq::train::toText(split)];
        QCOMPARE(values["base"].get<double>(), valueOf(runs_->base, metric, t, split));
        for (size_t k = 0; k < 3; ++k)
          QCOMPARE(values["experts"][k].get<double>(),
                   valueOf(runs_->experts[k], metric, t, split));
        QVERIFY(values["expert"] == values["experts"][t]);
        QCOMPARE(values["merged"].get<double>(), valueOf(request.out, metric, t, split));
      }
      QCOMPARE(task["head"].get<std::string>(), runs_->experts[t]);
    }
    QCOMPARE(report["layers"].size(), size_t{4});
    QVERIFY(report["merged_norm"].get<double>() > 0);
  }

  void theSameTwiceIsTheSameToTheByte() {
    std::vector<std::string> bytes;
    for (int i = 0; i < 2; ++i) {
      auto request = runs_->request("dare");
      request.seed = 3;
      mergeRuns(request);
      bytes.push_back(
          eq::run::readWhole(eq::run::checkpointFile(request.out, MergeFixture::kBaseSteps)));
    }
    QVERIFY(bytes[0] == bytes[1]);
  }

  /// Runs whose test split alone is another: its figures differ, and nothing that was chosen or
  /// learned does.
  void theTestSplitChangesItsFiguresAlone() {
    const MergeFixture other(path("other"), {"data.test=31"});
    const auto mine = runs_->request("task_arithmetic", {{"lambda", "search"}});
    const auto theirs = other.request("task_arithmetic", {{"lambda", "search"}});
    const auto a = mergeRuns(mine).report, b = mergeRuns(theirs).report;
    QVERIFY(a["lambda"] == b["lambda"]);
    for (size_t t = 0; t < 3; ++t) {
      QVERIFY(a["tasks"][t]["validation"] == b["tasks"][t]["validation"]);
      QVERIFY(a["tasks"][t]["test"]["merged"] != b["tasks"][t]["test"]["merged"]);
    }
    const auto ours = MergeFixture::lastCheckpoint(mine.out);
    for (const auto& [name, tensor] : MergeFixture::lastCheckpoint(theirs.out).tensors)
      QVERIFY2(tensor.equal(ours.tensors.at(name)), name.c_str());
  }

  void aSearchTakesTheBestLambda_data() {
    QTest::addColumn<QString>("id");
    QTest::addColumn<int>("largest");
    QTest::newRow("ties") << "ties" << 10;
    QTest::newRow("iso_c") << "iso_c" << 30;
  }
  void aSearchTakesTheBestLambda() {
    QFETCH(QString, id);
    QFETCH(int, largest);
    const auto found = mergeRuns(runs_->request(id.toStdString(), {{"lambda", "search"}})).report;
    double best = -1, lambda = 0;
    for (int tenths = 1, without = 0; tenths <= largest && (largest == 10 || without < 3);
         ++tenths) {
      const auto tried =
          mergeRuns(runs_->request(id.toStdString(), {{"lambda", tenths / 10.0}})).report;
      const auto mean = tried["mean"]["validation"]["normalised"].get<double>();
      without = mean > best ? 0 : without + 1;
      if (mean > best) best = mean, lambda = tenths / 10.0;
    }
    QCOMPARE(found["lambda"].get<double>(), lambda);
    QCOMPARE(found["mean"]["validation"]["normalised"].get<double>(), best);
  }

  void negationStopsWhereTheOtherTasksSuffer() {
    auto request = runs_->request(
        "task_arithmetic", {{"operation", "negate"}, {"lambda", "search"}, {"control", 0.5}});
    request.runs = {runs_->experts[0]};
    const auto kept = mergeRuns(request).report;
    for (size_t t = 1; t < 3; ++t) {
      const auto& task = kept["tasks"][t];
      const double base = task["validation"]["base"], merged = task["validation"]["merged"];
      QVERIFY(task["higher_is_better"].get<bool>() ? merged >= 0.5 * base : merged * 0.5 <= base);
    }
    const auto all =
        runs_->request("task_arithmetic", {{"operation", "negate"}, {"lambda", "search"}});
    QVERIFY(holds(refusal(all), "the tasks that no run trains"));
  }

  void tallMasksJudgeEachTaskWithItsOwnModel() {
    auto request = runs_->request("tall_masks", {{"lambda", "search"}});
    const auto report = mergeRuns(request).report;
    QCOMPARE(report["lambda"].size(), size_t{3});
    const auto extras = eq::run::readSnapshot(request.out / "extras.safetensors");
    const auto base = MergeFixture::lastCheckpoint(runs_->base);
    const auto merged = MergeFixture::lastCheckpoint(request.out);
    const auto name = std::string("trunk.0.weight");
    at::Tensor sum = at::zeros(base.tensors.at("model." + name).sizes(), at::kDouble);
    std::vector<at::Tensor> taus;
    for (const auto& expert : runs_->experts) {
      taus.push_back(
          MergeFixture::lastCheckpoint(expert).tensors.at("model." + name).to(at::kDouble) -
          base.tensors.at("model." + name).to(at::kDouble));
      sum += taus.back();
    }
    for (size_t k = 0; k < 3; ++k) {
      const auto bits = extras.tensors.at(fmt::format("masks.{}.{}", k, name));
      const auto tau = taus[k].flatten(), rest = (sum - taus[k]).flatten();
      QCOMPARE(bits.numel(), (tau.numel() + 7) / 8);
      for (std::int64_t i = 0; i < tau.numel(); ++i) {
        const bool isOwn = std::abs(tau[i].item<double>()) >
                           report["lambda"][k].get<double>() * std::abs(rest[i].item<double>());
        QCOMPARE(bool(bits[i / 8].item<std::uint8_t>() >> (i % 8) & 1), isOwn);
      }
    }
    QVERIFY(report["bytes"]["extras"].get<int>() > 0);
    QVERIFY(report["bytes"]["extras"].get<int>() < report["bytes"]["checkpoint"].get<int>());
    const auto metric = report["tasks"][0]["metric"].get<std::string>();
    QVERIFY(report["tasks"][0]["validation"]["merged"].get<double>() !=
            valueOf(request.out, metric, 0));
  }

  void consensusSearchesItsMasksToo() {
    const auto request =
        runs_->request("consensus", {{"lambda", "search"}, {"mask_lambda", "search"}});
    const auto report = mergeRuns(request).report;
    QCOMPARE(report["params"]["mask_lambda"].size(), size_t{3});
    QVERIFY(report["lambda"].is_number());
    QVERIFY(report["fields"].contains("selfish"));
  }

  void expertsAreRankedByATasksMetricWithTheBasesHead() {
    const auto all = mergeRuns(runs_->request("expert_average")).report;
    QVERIFY(all["fields"]["selected"] == json({0, 1, 2}));
    const auto one = mergeRuns(runs_->request("expert_average", {{"target", "y2"}})).report;
    QCOMPARE(one["fields"]["selected"].size(), size_t{1});
    QVERIFY(holds(refusal(runs_->request("expert_average", {{"target", "z"}})), "no task \"z\""));
  }

  void aHeadOfAnotherLossComesWholeWithItsLoss() {
    auto request = runs_->request("ties");
    request.runs[1] = runs_->expert({runs_->onlyTask(1), {"tasks[1].loss.id=gaussian_nll"}});
    const auto report = mergeRuns(request).report;
    const auto merged = MergeFixture::lastCheckpoint(request.out);
    QVERIFY(merged.meta["experiment"]["tasks"][1]["loss"]["id"] == "gaussian_nll");
    for (const auto& [name, tensor] : MergeFixture::lastCheckpoint(request.runs[1]).tensors)
      if (name.starts_with("model.head.y2.")) QVERIFY(tensor.equal(merged.tensors.at(name)));
    const auto runner = eq::run::Runner::resume(request.out);
    MergeFixture::trainTo(*runner, MergeFixture::kBaseSteps + 3);
    QCOMPARE(report["tasks"][1]["validation"]["experts"][1].get<double>(),
             valueOf(request.runs[1], report["tasks"][1]["metric"].get<std::string>(), 1));
  }

  void tasksThatTheBaseHasOffAreOn() {
    const MergeFixture half(path("half"), {"tasks[1].enabled=false"});
    const auto request = half.request("task_arithmetic");
    mergeRuns(request);
    const auto merged = MergeFixture::lastCheckpoint(request.out);
    QVERIFY(merged.meta["experiment"]["tasks"][1]["enabled"].get<bool>());
    QVERIFY(RunReader(request.out).experiment()["tasks"][1]["enabled"].get<bool>());
    MergeFixture::trainTo(*eq::run::Runner::resume(request.out), MergeFixture::kBaseSteps + 2);
    QVERIFY(!std::isnan(RunReader(request.out).steps().back().losses.at(1)));
  }

  void modelsThatDoNotAgreeAreRefusedByAllTheirNames() {
    const MergeFixture wide(path("wide"), {"model.hidden=[8, 9]"});
    auto request = runs_->request("ties");
    request.runs[1] = wide.experts[1];
    const auto message = refusal(request);
    const auto place = fmt::format("runs[1] ({}).", wide.experts[1]);
    QVERIFY(holds(message, place + "trunk.1.weight: expected shape [8, 8] as in the base, found "
                                   "[9, 8]"));
    QVERIFY(holds(message, place + "trunk.1.bias: expected shape [8]"));
    QVERIFY(!fs::exists(request.out));
    const MergeFixture deep(path("deep"), {"model.hidden=[8, 8, 8]"});
    request.runs = {deep.experts[0]};
    QVERIFY(holds(refusal(request), "trunk.2.weight: the base has no such tensor"));
    QVERIFY(holds(refusal(request), "trunk.2.bias: the base has no such tensor"));
  }

  void refuses_data() {
    QTest::addColumn<QString>("id");
    QTest::addColumn<QString>("params");
    QTest::addColumn<QString>("message");
    const auto add = [](const char* id, const char* params, const char* message) {
      QTest::newRow(message) << QString(id) << QString(params) << QString(message);
    };
    add("tie", "{}", "no merge method \"tie\"; did you mean \"ties\"");
    add("ties", R"({"keep": 2})", "ties.keep: 2 is above 1");
    add("ties", R"({"lambda": "find"})", "ties.lambda: ");
    add("weight_average", R"({"lambda": "search"})", "weight_average.lambda: ");
    add("adapter_routing", "{}", "adapter_routing: is a calculation alone");
    add("logits_fusion", "{}", "--small names the small base");
    add("weight_average", R"({"weights": [1, 2]})", "expected 3 numbers");
    add("ties", R"({"exclude": [""]})", "has no tensor that is merged");
  }
  void refuses() {
    QFETCH(QString, id);
    QFETCH(QString, params);
    QFETCH(QString, message);
    const auto request = runs_->request(id.toStdString(), json::parse(params.toStdString()));
    QVERIFY(holds(refusal(request), message.toStdString()));
    QVERIFY(!fs::exists(request.out));
  }

  void placesAreRefused() {
    auto request = runs_->request("ties");
    request.base = path("elsewhere.safetensors").string();
    fs::copy_file(eq::run::checkpointFile(runs_->base, MergeFixture::kBaseSteps), request.base);
    QVERIFY(holds(refusal(request), "is a file outside its run; the base is a run"));
    request.base = runs_->base.string() + "@7";
    QVERIFY(holds(refusal(request), "there is no checkpoint of step 7; there are those of 0, "));
    request = runs_->request("ties");
    request.out = runs_->base;
    QVERIFY(holds(refusal(request), "is there already, and is no empty folder"));
    request = runs_->request("ties");
    request.runs.clear();
    QVERIFY(holds(refusal(request), "at least one run is needed"));
  }

  void anEmptyFolderIsTaken() {
    const auto request = runs_->request("weight_average");
    fs::create_directories(request.out);
    mergeRuns(request);
    QCOMPARE(RunReader(request.out).info().steps, MergeFixture::kBaseSteps);
  }

  void aCheckpointsFileStandsForItsRun() {
    auto named = runs_->request("ties"), file = runs_->request("ties");
    file.base = eq::run::checkpointFile(runs_->base, MergeFixture::kBaseSteps).string();
    mergeRuns(named);
    QCOMPARE(mergeRuns(file).warnings.size(), size_t{0});
    const auto ours = MergeFixture::lastCheckpoint(file.out);
    for (const auto& [name, tensor] : MergeFixture::lastCheckpoint(named.out).tensors)
      QVERIFY2(tensor.equal(ours.tensors.at(name)), name.c_str());
  }

  void whatCannotBeVerifiedIsTold() {
    QCOMPARE(mergeRuns(runs_->request("ties")).warnings.size(), size_t{0});
    const MergeFixture other(path("stranger"), {"seed=2"});
    auto request = runs_->request("ties");
    request.runs[1] = other.experts[1];
    request.runs[2] = eq::run::checkpointsIn(request.runs[2]).back().path.string();
    const auto warnings = mergeRuns(request).warnings;
    const auto all = fmt::format("{}", fmt::join(warnings, "\n"));
    QVERIFY(holds(all, fmt::format("runs[1] ({}): was trained from {} at step 12", request.runs[1],
                                   other.base.filename().string())));
    QVERIFY(holds(all, "was trained with other training"));
    QVERIFY(
        holds(all, fmt::format("runs[2] ({}): a checkpoint's file does not say", request.runs[2])));
  }

  void whatEndsAMergeLeavesNothing() {
    const auto request = runs_->request("ties", {{"lambda", "search"}});
    int parts = 0;
    try {
      mergeRuns(request, [&](const eq::run::MergePart&) {
        if (++parts == 8) throw parts;
      });
      QFAIL("it went on");
    } catch (int) {
      QVERIFY(!fs::exists(request.out));
    }
    for (const auto& entry : fs::directory_iterator(request.out.parent_path()))
      QVERIFY2(!entry.path().filename().string().ends_with(".merging"), entry.path().c_str());
  }
};

EQUIPOISE_TEST(TestRunMerging)
#include "tst_run_merging.moc"
