#include <QTest>

#include <cmath>

#include <ATen/ops/zeros.h>

#include "core/base/error.h"
#include "core/model/observations.h"
#include "core/model/penalty.h"
#include "core/model/regulariser.h"
#include "core/model/usual_parameters.h"
#include "tests/core/gradient/engine_support.h"
#include "tests/registry.h"

using namespace eq::gradient;
using namespace eq::gradient::test;
using eq::model::Pass;
using eq::model::Penalty;

namespace {

/// Hard sharing that keeps what its heads read small: a penalty that goes through the trunk.
class SmallFeatures : public eq::model::SequenceModel {
 public:
  SmallFeatures(const eq::model::Setting& setting, bool traced)
      : SequenceModel(setting), traced_(traced) {
    eq::model::LayerFactory factory(parameters_, setting.seed);
    trunk_.add(factory.linear("trunk.0", 4, 6, {}));
    trunk_.add(factory.activation("tanh"));
    trunk_.add(factory.dropout(0.3, generator_));
    trunk_.add(factory.linear("trunk.1", 6, 5, {}));
    addHeads(factory, 5,
             eq::Parameters({eq::model::headHiddenSpec(), eq::model::regularisersSpec()},
                            json{{"head_hidden", {3}}}, "model"));
    parameters_.allocate(setting.type);
  }
  bool leavesTraces() const override { return traced_; }
  bool hasPenalties() const override { return true; }

 protected:
  at::Tensor features(size_t task, const std::vector<at::Tensor>& read,
                      const Pass& pass) const override {
    eq::model::addPenalty(pass, "size", [&] {
      return read[0].square().mean() * 0.3 * static_cast<double>(task + 1);
    });
    return read[0];
  }

 private:
  bool traced_;
};

json withRegulariser(const json& one, json params) {
  params["regularisers"] = json::array({one});
  return params;
}

std::unique_ptr<Model> modelOf(const QString& name) {
  const json flat{{"hidden", {7, 5}}, {"activation", "tanh"}, {"dropout", 0.3}};
  const json pairs{{"id", "head_similarity"},
                   {"weight", 0.7},
                   {"groups", json::array({json::array({"numbers0", "classes1", "numbers3"})})}};
  if (name == "soft sharing")
    return make("single_task", withRegulariser({{"id", "soft_sharing"}, {"weight", 0.2}}, flat),
                {4}, 4);
  if (name == "alike heads") return make("mlp", withRegulariser(pairs, flat), {4}, 4);
  if (name == "alike heads of experts") return make("mmoe", withRegulariser(pairs, flat), {4}, 4);
  if (name.startsWith("selectors")) {
    auto params = flat;
    params.update({{"experts", 5}, {"entropy", 0.4}});
    params["selector"] = name.endsWith("inputs") ? "input" : "task";
    return make("dselect_k", params, {4}, 4);
  }
  eq::model::Setting setting;
  setting.tasks = tasksOf(4);
  setting.seed = 5;
  setting.type = at::kDouble;
  return std::make_unique<SmallFeatures>(setting, name == "traced features");
}

/// Of one pass of autograd through everything, by parameter.
std::vector<at::Tensor> bruteOf(Model& model, const at::Tensor& inputs,
                                const std::vector<char>& active) {
  std::vector<Penalty> penalties;
  const Pass pass{true, nullptr, false, nullptr, &active, nullptr, &penalties};
  const auto found = model.represent(inputs, pass);
  for (size_t k = 0; k < active.size(); ++k)
    if (active[k]) model.head(k, model.readBy(k, found), pass);
  model.penalise(pass);
  auto sum = at::zeros({}, at::kDouble);
  for (const auto& penalty : penalties) sum = sum + penalty.value;
  sum.backward();
  std::vector<at::Tensor> gradients;
  for (size_t i = 0; i < model.parameters().infos().size(); ++i) {
    auto tensor = model.parameters().tensor(i);
    gradients.push_back(tensor.mutable_grad());
    tensor.mutable_grad().reset();
  }
  return gradients;
}

bool anyActiveReaches(const Model& model, size_t index, const std::vector<char>& active) {
  const auto reach = model.reach(model.parameters().infos()[index].block.owner);
  for (size_t k = 0; k < reach.size(); ++k)
    if (reach[k] && active[k]) return true;
  return false;
}

QString refusalOf(const char* id, const json& regularisers) {
  try {
    make(id, {{"hidden", {5}}, {"regularisers", regularisers}}, {4}, 4);
  } catch (const eq::Error& error) {
    return QString::fromStdString(error.what());
  }
  return {};
}

}  // namespace

class TestPenalties : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  /// Whatever a pass is for, in the columns and in what tasks own; J, G and the losses do not see
  /// them.
  void gradientsAreThoseOfAutograd_data() {
    QTest::addColumn<QString>("name");
    for (const char* name :
         {"soft sharing", "alike heads", "alike heads of experts", "selectors by inputs",
          "selectors by tasks", "traced features", "features without traces"})
      QTest::newRow(name) << QString(name);
  }
  void gradientsAreThoseOfAutograd() {
    QFETCH(QString, name);
    const auto model = modelOf(name);
    QVERIFY(model->hasPenalties());
    const auto inputs = random({6, 4}, 3);
    const auto state = model->randomState();
    const auto again = [&] { model->restoreRandomState(state); };
    for (const auto& active : {std::vector<char>{1, 1, 1, 1}, std::vector<char>{0, 1, 1, 1},
                               std::vector<char>{1, 1, 1, 0}})
      for (const auto purpose :
           {Purpose::sum, Purpose::sumShown, Purpose::representation, Purpose::exact}) {
        again();
        const auto expected = bruteOf(*model, inputs, active);
        const Engine engine(*model);
        std::vector<Penalty> penalties;
        again();
        auto pass = engine.forward(inputs, lossOf, active, purpose, false, {nullptr, &penalties});
        const auto found = engine.ofPenalties(pass, penalties);
        double most = 0;
        for (const auto& one : expected)
          if (one.defined()) most = std::max(most, one.abs().max().item<double>());
        QVERIFY(most > 1e-3);
        for (size_t i = 0; i < found.size(); ++i) {
          const bool there = expected[i].defined() && anyActiveReaches(*model, i, active);
          QCOMPARE(found[i].defined(), there);
          if (!there) continue;
          QVERIFY(found[i].sizes().equals(expected[i].sizes()));
          QVERIFY((found[i] - expected[i]).abs().max().item<double>() < 1e-12 * most);
        }
        again();
        auto plain = engine.forward(inputs, lossOf, active, purpose);
        const std::vector<double> ones(4, 1);
        if (purpose == Purpose::exact && model->parameters().columns().size() > 0)
          QVERIFY(engine.gramian(pass, Source::exact).equal(engine.gramian(plain, Source::exact)));
        const auto update = engine.backward(pass, ones, ones),
                   unpenalised = engine.backward(plain, ones, ones);
        for (size_t i = 0; i < update.size(); ++i) {
          QCOMPARE(update[i].defined(), unpenalised[i].defined());
          if (update[i].defined()) QVERIFY(update[i].equal(unpenalised[i]));
        }
      }
    model->restoreRandomState(state);
  }

  void withoutAnyTaskNothingIsPulled() {
    const std::vector<char> none(4, 0);
    for (const char* name : {"soft sharing", "alike heads", "alike heads of experts",
                             "selectors by inputs", "features without traces"})
      for (const auto purpose : {Purpose::sum, Purpose::representation, Purpose::exact}) {
        const auto model = modelOf(name);
        const Engine engine(*model);
        std::vector<Penalty> penalties;
        const auto pass =
            engine.forward(random({6, 4}, 3), lossOf, none, purpose, false, {nullptr, &penalties});
        for (const auto& gradient : engine.ofPenalties(pass, penalties))
          QVERIFY(!gradient.defined());
      }
  }

  /// Σ_{a<b} ‖θ_a − θ_b‖² and Σ_{a<b} ‖W_a − W_b‖, pair by pair.
  void valuesAreThoseOfTheFormula() {
    const auto valueIn = [](Model& model, eq::model::Observations& seen) {
      std::vector<Penalty> penalties;
      model.penalise({true, nullptr, false, nullptr, nullptr, &seen, &penalties});
      return penalties.at(0).value.item<double>();
    };
    const auto tensorIn = [](const Model& model, const std::string& name) {
      const auto& infos = model.parameters().infos();
      for (size_t i = 0; i < infos.size(); ++i)
        if (infos[i].name == name) return model.parameters().tensor(i).detach();
      return at::Tensor();
    };
    const auto soft = modelOf("soft sharing");
    eq::model::Observations seen;
    const auto names = soft->taskNames();
    double sum = 0, ofFirstPair = 0;
    for (size_t a = 0; a < 4; ++a)
      for (size_t b = a + 1; b < 4; ++b)
        for (const char* part : {".0.weight", ".0.bias", ".1.weight", ".1.bias"}) {
          const auto gap = tensorIn(*soft, "task." + names[a] + part) -
                           tensorIn(*soft, "task." + names[b] + part);
          sum += gap.square().sum().item<double>();
          if (a == 0 && b == 1) ofFirstPair += gap.square().sum().item<double>();
        }
    QVERIFY(std::abs(valueIn(*soft, seen) - 0.2 * sum) < 1e-10 * sum);
    const auto& distance = seen.all().at(0);
    QCOMPARE(distance.name + "." + distance.place, std::string("distance.soft_sharing"));
    QVERIFY(std::abs(distance.values[0][1].item<double>() - std::sqrt(ofFirstPair)) < 1e-10);
    QCOMPARE(distance.values[2][2].item<double>(), 0.0);

    const auto alike = modelOf("alike heads");
    eq::model::Observations further;
    const auto expected = (tensorIn(*alike, "head.numbers0.linear-2.weight") -
                           tensorIn(*alike, "head.numbers3.linear-2.weight"))
                              .norm()
                              .item<double>();
    QVERIFY(std::abs(valueIn(*alike, further) - 0.7 * expected) < 1e-10);
    // Classes have a last layer of another shape: nothing is compared with it.
    QVERIFY(std::isnan(further.all().at(0).values[0][1].item<double>()));
    QVERIFY(std::abs(further.all().at(0).values[3][0].item<double>() - expected) < 1e-10);
  }

  /// Of the selectors of one task for each example, by the formula.
  void selectorsArePenalisedAsInTheFormula() {
    const auto model = modelOf("selectors by tasks");
    std::vector<Penalty> penalties;
    const Pass pass{true, nullptr, false, nullptr, nullptr, nullptr, &penalties};
    const auto found = model->represent(random({3, 4}, 1), pass);
    for (size_t k = 0; k < 4; ++k) model->head(k, model->readBy(k, found), pass);
    const auto& infos = model->parameters().infos();
    double entropy = 0, unused = 0;
    for (size_t i = 0; i < infos.size(); ++i) {
      if (!infos[i].name.ends_with("selector.codes")) continue;
      const auto codes = model->parameters().tensor(i).detach().view({2, 3});
      for (std::int64_t q = 0; q < 2; ++q) {
        double total = 0;
        for (int e = 0; e < 5; ++e) {
          double r = 1;
          for (int bit = 0; bit < 3; ++bit) {
            const double t = codes[q][bit].item<double>();
            const double step = -2 * t * t * t + 1.5 * t + 0.5;
            r *= (e >> (2 - bit)) & 1 ? step : 1 - step;
          }
          total += r;
          entropy -= r * std::log(r + 1e-6);
        }
        unused += 1 / total;
      }
    }
    QCOMPARE(penalties.size(), size_t(2));
    QCOMPARE(penalties[0].name, std::string("entropy"));
    QVERIFY(std::abs(penalties[0].value.item<double>() - 0.4 * entropy) < 1e-10);
    QVERIFY(std::abs(penalties[1].value.item<double>() - unused) < 1e-10);
  }

  void refuses() {
    const QString place = "model.regularisers[0]";
    const auto one = [](const json& regulariser) { return json::array({regulariser}); };
    QVERIFY(refusalOf("mlp", one({{"id", "soft_sharing"}, {"weight", 1}}))
                .startsWith(place + ".id: soft_sharing compares networks that share nothing"));
    QCOMPARE(refusalOf("mlp", one({{"id", "soft"}, {"weight", 1}})),
             place + ".id: expected one of soft_sharing, head_similarity, found \"soft\"");
    QVERIFY(refusalOf("single_task", one({{"id", "soft_sharing"}}))
                .startsWith(place + ".weight: is required"));
    const auto groups = [&](const json& value) {
      return refusalOf("mlp", one({{"id", "head_similarity"}, {"weight", 1}, {"groups", value}}));
    };
    const auto group = [&](const json& tasks) { return groups(json::array({tasks})); };
    QCOMPARE(group(json::array({"numbers0", "classes1"})),
             place +
                 ".groups[0]: no two of these tasks have last layers of equal shape, found "
                 "[\"numbers0\",\"classes1\"]");
    QCOMPARE(group(json::array({"numbers0", "numbers0"})),
             place + ".groups[0]: task numbers0 is there twice");
    QCOMPARE(groups(json::array()), place + ".groups: needs at least one group, found []");
    QVERIFY(group(json::array({"nobody"}))
                .startsWith(place + ".groups[0]: there is no task \"nobody\""));
  }
};

EQUIPOISE_TEST(TestPenalties)
#include "tst_penalties.moc"
