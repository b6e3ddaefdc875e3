#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <torch/optim/adam.h>
#include <torch/optim/adamw.h>
#include <torch/optim/sgd.h>

#include <QTest>

#include <cmath>
#include <memory>

#include "core/base/error.h"
#include "core/model/parameters.h"
#include "core/train/optimizer.h"
#include "core/train/optimizer_catalog.h"
#include "tests/registry.h"

using eq::model::Block;
using eq::model::ParameterBuffer;
using eq::model::Part;
using eq::train::Optimizer;
using nlohmann::json;

Q_DECLARE_METATYPE(json)

namespace {

constexpr int kSteps = 20;

at::Tensor random(at::IntArrayRef shape, std::uint64_t seed) {
  return at::randn(shape, at::make_generator<at::CPUGeneratorImpl>(seed), {});
}

const Block kHeads[] = {{0, Part::head, "head.a"}, {1, Part::head, "head.b"}};

/// A trunk of two tensors and two heads.
std::unique_ptr<ParameterBuffer> buffer(at::ScalarType type) {
  auto parameters = std::make_unique<ParameterBuffer>();
  parameters->add("trunk.weight", random({4, 3}, 1), Block());
  parameters->add("trunk.bias", random({4}, 2), Block());
  parameters->add("head.a.w", random({2, 4}, 3), kHeads[0]);
  parameters->add("head.b.w", random({3, 4}, 4), kHeads[1]);
  parameters->allocate(type);
  return parameters;
}

std::vector<at::Tensor> gradientsOf(const ParameterBuffer& parameters, int step) {
  std::vector<at::Tensor> gradients;
  for (size_t i = 0; i < parameters.infos().size(); ++i)
    gradients.push_back(
        random(parameters.infos()[i].shape, static_cast<std::uint64_t>(step) * 10 + i)
            .to(parameters.values().scalar_type()));
  return gradients;
}

at::Tensor skipOf(const ParameterBuffer& parameters, double value = 0) {
  return at::zeros({}, parameters.values().options().dtype(at::kFloat)).fill_(value);
}

std::unique_ptr<Optimizer> make(const QString& id, const json& params,
                                const ParameterBuffer& parameters) {
  return eq::train::optimizers().create(id.toStdString(), params, "optimizer", parameters);
}

void run(Optimizer& optimizer, const ParameterBuffer& parameters, int from, int to) {
  for (int t = from; t < to; ++t)
    optimizer.step(gradientsOf(parameters, t), 0.01, {0, 0}, skipOf(parameters));
}

std::map<std::string, at::Tensor> copyOf(const std::map<std::string, at::Tensor>& state) {
  std::map<std::string, at::Tensor> copy;
  for (const auto& [name, tensor] : state) copy[name] = tensor.clone();
  return copy;
}

bool same(const at::Tensor& a, const at::Tensor& b) {
  return a.sizes().equals(b.sizes()) && (a == b).all().item<bool>();
}

bool same(const std::map<std::string, at::Tensor>& a, const std::map<std::string, at::Tensor>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.first == y.first && same(x.second, y.second);
  });
}

double numberOf(const json& params, const char* name, double standard) {
  return params.value(name, standard);
}

/// LibTorch's optimizer of the same parameters.
std::unique_ptr<torch::optim::Optimizer> peer(const QString& id, const json& params,
                                              const std::vector<at::Tensor>& tensors) {
  const double decay = numberOf(params, "weight_decay", id == "adamw" ? 0.01 : 0);
  if (id == "sgd")
    return std::make_unique<torch::optim::SGD>(tensors,
                                               torch::optim::SGDOptions(1)
                                                   .momentum(numberOf(params, "momentum", 0.9))
                                                   .nesterov(params.value("nesterov", false))
                                                   .weight_decay(decay));
  const auto betas = std::tuple(numberOf(params, "beta1", 0.9), numberOf(params, "beta2", 0.999));
  const double epsilon = numberOf(params, "epsilon", 1e-8);
  if (id == "adam")
    return std::make_unique<torch::optim::Adam>(
        tensors, torch::optim::AdamOptions(1).betas(betas).eps(epsilon).weight_decay(decay));
  return std::make_unique<torch::optim::AdamW>(
      tensors, torch::optim::AdamWOptions(1).betas(betas).eps(epsilon).weight_decay(decay));
}

}  // namespace

class TestOptimizer : public QObject {
  Q_OBJECT

  static void addOptimizers() {
    QTest::addColumn<QString>("id");
    QTest::addColumn<json>("params");
    const auto add = [](const char* id, const json& params) {
      QTest::newRow(qPrintable(QString("%1 %2").arg(id, QString::fromStdString(params.dump()))))
          << QString(id) << params;
    };
    add("sgd", json::object());
    add("sgd", {{"momentum", 0}});
    add("sgd", {{"momentum", 0}, {"weight_decay", 0.2}});
    add("sgd", {{"momentum", 0.5}, {"nesterov", true}, {"weight_decay", 0.1}});
    add("adam", json::object());
    add("adam", {{"beta1", 0.5}, {"beta2", 0.9}, {"epsilon", 0.1}, {"weight_decay", 0.3}});
    add("adam", {{"beta1", 0}, {"beta2", 0}});
    add("adamw", json::object());
    add("adamw", {{"beta1", 0.8}, {"beta2", 0.95}, {"epsilon", 1e-3}, {"weight_decay", 0.4}});
  }

 private Q_SLOTS:
  void equalsLibTorchs_data() { addOptimizers(); }
  void equalsLibTorchs() {
    QFETCH(QString, id);
    QFETCH(json, params);
    for (const auto type : {at::kFloat, at::kDouble}) {
      const auto parameters = buffer(type);
      const auto optimizer = make(id, params, *parameters);
      std::vector<at::Tensor> tensors;
      for (size_t i = 0; i < 4; ++i)
        tensors.push_back(parameters->tensor(i).detach().clone().requires_grad_());
      const auto expected = peer(id, params, tensors);
      for (int t = 0; t < kSteps; ++t) {
        // Head 1 has no gradient in every third step, head 0 is frozen in steps 5 to 9.
        auto gradients = gradientsOf(*parameters, t);
        if (t % 3 == 0) gradients[3].reset();
        const bool frozen = t >= 5 && t < 10;
        const double rate = 0.1 / (1 + t);
        optimizer->step(gradients, rate, {frozen, 0}, skipOf(*parameters));
        if (frozen) gradients[2].reset();
        for (size_t i = 0; i < 4; ++i) tensors[i].mutable_grad() = gradients[i];
        expected->param_groups()[0].options().set_lr(rate);
        expected->step();
      }
      for (size_t i = 0; i < 4; ++i) {
        const double error = (parameters->tensor(i) - tensors[i]).abs().max().item<double>();
        QVERIFY2(error < (type == at::kFloat ? 1e-6 : 1e-14), qPrintable(QString::number(error)));
      }
    }
  }

  void goesOnFromItsState_data() { addOptimizers(); }
  void goesOnFromItsState() {
    QFETCH(QString, id);
    QFETCH(json, params);
    const auto whole = buffer(at::kFloat), rest = buffer(at::kFloat);
    const auto first = make(id, params, *whole);
    run(*first, *whole, 0, 7);
    const auto state = copyOf(first->state());
    const auto values = whole->values().clone();
    run(*first, *whole, 7, kSteps);
    rest->values().copy_(values);
    const auto second = make(id, params, *rest);
    second->restore(state);
    run(*second, *rest, 7, kSteps);
    QVERIFY(same(whole->values(), rest->values()));
    QVERIFY(same(first->state(), second->state()));
    // Restoring copies: the state it was given is not written to.
    QVERIFY(state.at("steps.trunk").item<double>() == 7);
  }

  void frozenHeadsStayAsTheyAre_data() { addOptimizers(); }
  void frozenHeadsStayAsTheyAre() {
    QFETCH(QString, id);
    QFETCH(json, params);
    const auto parameters = buffer(at::kFloat);
    const auto optimizer = make(id, params, *parameters);
    run(*optimizer, *parameters, 0, 3);
    const auto values = parameters->values().clone();
    const auto state = copyOf(optimizer->state());
    optimizer->step(gradientsOf(*parameters, 3), 0.1, {0, 1}, skipOf(*parameters));
    const auto frozen = parameters->range(1);
    const auto partOf = [&](const at::Tensor& flat) {
      return flat.narrow(0, frozen.begin, frozen.size());
    };
    QVERIFY(same(partOf(parameters->values()), partOf(values)));
    QVERIFY((parameters->values().narrow(0, 0, frozen.begin) != values.narrow(0, 0, frozen.begin))
                .all()
                .item<bool>());
    for (const auto& [name, tensor] : optimizer->state()) {
      if (name.starts_with("steps")) continue;
      QVERIFY(same(partOf(tensor), partOf(state.at(name))));
    }
    const auto steps = optimizer->state();
    QCOMPARE(steps.at("steps.trunk").item<double>(), 4.0);
    QCOMPARE(steps.at("steps.head.a").item<double>(), 4.0);
    QCOMPARE(steps.at("steps.head.b").item<double>(), 3.0);
  }

  /// Counters had no names once: a list, the trunk's first.
  void formerCheckpointsGoOn_data() { addOptimizers(); }
  void formerCheckpointsGoOn() {
    QFETCH(QString, id);
    QFETCH(json, params);
    const auto whole = buffer(at::kFloat), rest = buffer(at::kFloat);
    const auto first = make(id, params, *whole);
    run(*first, *whole, 0, 3);
    first->step(gradientsOf(*whole, 3), 0.01, {0, 1}, skipOf(*whole));
    auto state = copyOf(first->state());
    for (const char* name : {"steps.trunk", "steps.head.a", "steps.head.b"}) state.erase(name);
    state["steps"] = at::tensor({4.F, 4.F, 3.F});
    rest->values().copy_(whole->values());
    const auto second = make(id, params, *rest);
    second->restore(state);
    QVERIFY(same(second->state(), first->state()));
    run(*first, *whole, 4, 8);
    run(*second, *rest, 4, 8);
    QVERIFY(same(whole->values(), rest->values()));
  }

  /// Whatever the order in which they were added: groups, trunk, then task by task what is below
  /// the head and the head; one counter each.
  void blocksLieInOrderAndCountByThemselves() {
    ParameterBuffer parameters;
    const Block blocks[] = {{1, Part::head, "head.b"},      {},
                            {1, Part::task, "task.b"},      {0, Part::head, "head.a"},
                            {-3, Part::trunk, "group.a+c"}, {-2, Part::trunk, "group.a+b"}};
    for (const auto& block : blocks) parameters.add(block.name + ".w", random({3}, 1), block);
    parameters.allocate();
    QStringList names;
    std::int64_t end = 0;
    for (const auto index : parameters.order()) {
      const auto& info = parameters.infos()[index];
      names << QString::fromStdString(info.block.name);
      QCOMPARE(info.offset, end);
      end += info.count;
    }
    QCOMPARE(names, (QStringList{"group.a+c", "group.a+b", "trunk", "head.a", "task.b", "head.b"}));
    QCOMPARE(parameters.columns().end, std::int64_t(9));
    const auto optimizer = make("adam", json::object(), parameters);
    auto gradients = gradientsOf(parameters, 0);
    gradients[4].reset();  // nothing of group a+c
    optimizer->step(gradients, 0.1, {0, 1, 0}, skipOf(parameters));
    const auto state = optimizer->state();
    const std::map<std::string, double> expected{{"group.a+c", 0}, {"group.a+b", 1}, {"trunk", 1},
                                                 {"head.a", 1},    {"task.b", 0},    {"head.b", 0}};
    for (const auto& [name, count] : expected)
      QCOMPARE(state.at("steps." + name).item<double>(), count);
  }

  /// Parameters that say what is shared: a factor on the rate, and no weight decay.
  void architectureIsSteppedApart_data() { addOptimizers(); }
  void architectureIsSteppedApart() {
    QFETCH(QString, id);
    QFETCH(json, params);
    const auto stepped = [&](bool architecture, double factor, double rate, const json& given) {
      ParameterBuffer parameters;
      parameters.add("trunk.w", random({4, 3}, 1), Block());
      parameters.add("trunk.a", random({5}, 2), Block(), architecture);
      parameters.allocate();
      const auto optimizer = make(id, given, parameters);
      optimizer->setArchitectureRate(factor);
      for (int t = 0; t < 3; ++t)
        optimizer->step(gradientsOf(parameters, t), rate, {}, skipOf(parameters));
      return std::pair(parameters.tensor(0).detach().clone(),
                       parameters.tensor(1).detach().clone());
    };
    auto withoutDecay = params;
    withoutDecay["weight_decay"] = 0;
    const auto found = stepped(true, 4, 0.01, params);
    QVERIFY(same(found.first, stepped(false, 1, 0.01, params).first));
    QVERIFY(same(found.second, stepped(false, 1, 0.04, withoutDecay).second));
  }

  void skippedStepsChangeNothing_data() { addOptimizers(); }
  void skippedStepsChangeNothing() {
    QFETCH(QString, id);
    QFETCH(json, params);
    const auto parameters = buffer(at::kFloat), without = buffer(at::kFloat);
    const auto optimizer = make(id, params, *parameters), other = make(id, params, *without);
    for (int t = 0; t < 6; ++t) {
      auto gradients = gradientsOf(*parameters, t);
      const bool skipped = t % 2 == 0;  // the very first step too
      if (skipped) gradients[0].fill_(std::nan(""));
      const auto values = parameters->values().clone();
      const auto state = copyOf(optimizer->state());
      optimizer->step(gradients, 0.1, {0, 0}, skipOf(*parameters, skipped));
      QCOMPARE(same(parameters->values(), values), skipped);
      QCOMPARE(same(optimizer->state(), state), skipped);
      if (!skipped) other->step(gradients, 0.1, {0, 0}, skipOf(*parameters));
    }
    QVERIFY(same(parameters->values(), without->values()));
  }

  void nothingToDo() {
    const auto parameters = buffer(at::kFloat);
    const auto values = parameters->values().clone();
    const auto optimizer = make("adam", json::object(), *parameters);
    optimizer->step(std::vector<at::Tensor>(4), 0.1, {0, 0}, skipOf(*parameters));
    QVERIFY(same(parameters->values(), values));
  }

  void stateOfAnotherIsRefused() {
    const auto parameters = buffer(at::kFloat);
    const auto adam = make("adam", json::object(), *parameters);
    const auto sgd = make("sgd", json::object(), *parameters);
    const auto refusal = [](Optimizer& optimizer, const std::map<std::string, at::Tensor>& state) {
      try {
        optimizer.restore(state);
      } catch (const eq::Error& error) {
        return QString::fromStdString(error.what());
      }
      return QString();
    };
    QCOMPARE(refusal(*adam, sgd->state()),
             QString("optimizer: the checkpoint has no \"mean\"; it was made with another "
                     "optimizer"));
    auto state = copyOf(adam->state());
    run(*adam, *parameters, 0, 2);
    const auto before = copyOf(adam->state());
    state["square"] = at::zeros({5});
    QCOMPARE(refusal(*adam, state),
             QString("optimizer.square: this model needs 36 values, the checkpoint has 5"));
    QVERIFY(same(adam->state(), before));
  }

  void parametersAreChecked_data() {
    QTest::addColumn<QString>("id");
    QTest::addColumn<json>("params");
    QTest::addColumn<QString>("expected");
    const auto add = [](const char* id, const json& params, const char* expected) {
      QTest::newRow(expected) << QString(id) << params << QString(expected);
    };
    add("sgd", {{"lr", 0}}, "optimizer.lr: 0 is not above 0");
    add("sgd", {{"momentum", 1}}, "optimizer.momentum: 1 is not below 1");
    add("adam", {{"beta2", -0.1}}, "optimizer.beta2: -0.1 is below 0");
    add("adamw", {{"weight_decay", -1}}, "optimizer.weight_decay: -1 is below 0");
    add("adam", {{"epsilon", 0}}, "optimizer.epsilon: 0 is not above 0");
    add("adma", json::object(), "optimizer: no optimizer \"adma\"; did you mean \"adam\"?");
  }
  void parametersAreChecked() {
    QFETCH(QString, id);
    QFETCH(json, params);
    QFETCH(QString, expected);
    const auto parameters = buffer(at::kFloat);
    QString found;
    try {
      make(id, params, *parameters);
    } catch (const eq::Error& error) {
      found = QString::fromStdString(error.what());
    }
    QCOMPARE(found, expected);
  }
};

EQUIPOISE_TEST(TestOptimizer)
#include "tst_optimizer.moc"
