#include <ATen/ops/zeros_like.h>

#include <QTest>

#include <algorithm>
#include <cmath>

#include "tests/core/model/model_support.h"
#include "tests/registry.h"

using namespace eq::model;
using namespace eq::model::test;

namespace {

/// The mean distance of two of them, divided by the largest.
double diversityOf(const std::vector<at::Tensor>& outputs) {
  double sum = 0, most = 0;
  int pairs = 0;
  for (size_t i = 0; i < outputs.size(); ++i)
    for (size_t j = i + 1; j < outputs.size(); ++j, ++pairs) {
      const double gap = (outputs[i] - outputs[j]).norm().item<double>();
      sum += gap;
      most = std::max(most, gap);
    }
  return sum / pairs / most;
}

at::Tensor through(const Values& values, const std::string& layer, const at::Tensor& h) {
  return at::relu(layerOf(values, layer, h));
}

at::Tensor mixed(const Values& values, const std::string& gate, const at::Tensor& stream,
                 const std::vector<at::Tensor>& experts) {
  const auto weights = layerOf(values, gate, stream).softmax(1);
  auto sum = at::zeros_like(experts[0]);
  for (size_t e = 0; e < experts.size(); ++e)
    sum = sum + weights.narrow(1, static_cast<std::int64_t>(e), 1) * experts[e];
  return sum;
}

const std::vector<std::string> kTasks{"a", "b", "c"};
const json kSmall{{"hidden", {6, 5}}, {"dropout", 0.5}};

bool records(const Model& model, const at::Tensor& x, double expected) {
  return std::abs(observedIn(model, x).at("diversity").item<double>() - expected) < 1e-5;
}

}  // namespace

/// What the descriptors promise also where a single expert is shared.
class TestDiversity : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void ofSharedExpertsAndThoseOfTasks() {
    const auto model = modelFor("cgc", kSmall);
    const auto values = valuesIn(*model);
    const auto x = normal({8, 4});
    std::vector<at::Tensor> all;
    for (const char* name : {"trunk", "task.a", "task.b", "task.c"}) {
      const auto expert = std::string(name) + ".expert.0.";
      all.push_back(through(values, expert + "1", through(values, expert + "0", x)));
    }
    QVERIFY(records(*model, x, diversityOf(all)));
  }

  /// Of the last level, the shared one on the shared stream, those of tasks on theirs.
  void ofTheLastLevel() {
    const auto model = modelFor("ple", kSmall);
    const auto values = valuesIn(*model);
    const auto x = normal({8, 4});
    std::vector<at::Tensor> first{through(values, "trunk.level1.shared.0.0", x)}, last;
    for (const auto& task : kTasks)
      first.push_back(through(values, "trunk.level1." + task + ".expert.0.0", x));
    last.push_back(
        through(values, "trunk.level2.shared.0.1", mixed(values, "trunk.level1.gate", x, first)));
    for (size_t k = 0; k < 3; ++k) {
      const auto own = "task." + kTasks[k];
      const auto stream = mixed(values, own + ".level1.gate", x, {first[0], first[k + 1]});
      last.push_back(through(values, own + ".level2.expert.0.1", stream));
    }
    QVERIFY(records(*model, x, diversityOf(last)));
  }

  /// Without a shared stream: of what each task mixes, the mean over the tasks.
  void ofTheStreamsOfTasks() {
    auto params = kSmall;
    params.update({{"form", "libmtl"}, {"task_experts", 2}});
    const auto model = modelFor("ple", params);
    const auto values = valuesIn(*model);
    const auto x = normal({8, 4});
    double sum = 0;
    for (const auto& task : kTasks) {
      const auto expertsOf = [&](int level, const at::Tensor& h) {
        const auto place = "level" + std::to_string(level);
        const auto stage = "." + std::to_string(level - 1);
        std::vector<at::Tensor> experts{through(values, "trunk." + place + ".shared.0" + stage, h)};
        for (const char* e : {"0", "1"})
          experts.push_back(
              through(values, "task." + task + "." + place + ".expert." + e + stage, h));
        return experts;
      };
      const auto stream = mixed(values, "task." + task + ".level1.gate", x, expertsOf(1, x));
      sum += diversityOf(expertsOf(2, stream));
    }
    QVERIFY(records(*model, x, sum / 3));
  }

  /// `gate.shared.1` would be of the task and of what all share.
  void aTaskIsNotCalledAsTheSharedStream() {
    auto setting = settingOf();
    setting.tasks[1].name = "shared";
    for (const char* id : {"ple", "adatt"})
      QCOMPARE(refusalTo(id, kSmall, setting),
               QString("tasks: %1 records what all tasks share as \"shared\", and a task is called "
                       "so; give it another name")
                   .arg(id));
    auto params = kSmall;
    params["levels"] = 1;
    QVERIFY(refusalTo("ple", params, setting).isEmpty());
    params = kSmall;
    params["shared_experts"] = 0;
    QVERIFY(refusalTo("adatt", params, setting).isEmpty());
  }
};

EQUIPOISE_TEST(TestDiversity)
#include "tst_diversity.moc"
