#include <numeric>

#include <QTest>

#include "core/balance/gradient/gradient_method.h"
#include "core/base/error.h"
#include "tests/core/balance/balance_support.h"
#include "tests/registry.h"

using namespace eq::balance;
using namespace eq::balance::test;
using nlohmann::json;

Q_DECLARE_METATYPE(json)

namespace {

constexpr int kMatrices = 60;
constexpr Index kTasks = 5;

double relativeError(const VectorXd& found, const VectorXd& expected) {
  return (found - expected).norm() / std::max(expected.norm(), 1e-300);
}

std::mt19937_64 engineFor(int index) {
  return std::mt19937_64(static_cast<std::uint64_t>(index) + 7000);
}

MatrixXd gaussian(Index rows, Index columns, int index) {
  auto engine = engineFor(index);
  std::normal_distribution<double> normal;
  MatrixXd found(rows, columns);
  for (double& entry : found.reshaped()) entry = normal(engine);
  return found;
}

VectorXd positive(Index size, int index) {
  auto engine = engineFor(index);
  std::uniform_real_distribution<double> uniform(0.1, 3);
  VectorXd found(size);
  for (double& entry : found) entry = uniform(engine);
  return found;
}

Inputs stepInputs(const MatrixXd& jacobian, const VectorXd& losses, std::int64_t step,
                  std::int64_t epoch) {
  Inputs inputs = inputsOf(jacobian, losses);
  inputs.step = step;
  inputs.epoch = epoch;
  return inputs;
}

/// Gradients and losses that change from step to step; an epoch is two of them.
Inputs changingInputs(Index tasks, int step) {
  return stepInputs(gaussian(tasks, tasks + 1, step), positive(tasks, 100 + step), step, step / 2);
}

/// Rows that break a careless solver, by name.
std::vector<std::pair<QString, MatrixXd>> hardFamilies() {
  std::vector<std::pair<QString, MatrixXd>> all;
  for (int i = 0; i < 8; ++i) {
    const MatrixXd plain = gaussian(kTasks, i % 2 == 0 ? 8 : 3, i);
    MatrixXd made = plain;
    for (Index k = 0; k < kTasks; ++k) made.row(k) *= std::pow(10.0, 2.5 * double((k + i) % 5) - 5);
    all.emplace_back("lengths over ten decades", made);
    made = plain;
    made.row(3) = plain.row(0) + plain.row(1);
    all.emplace_back("dependent", made);
    made = plain;
    made.row(2) = made.row(4) = plain.row(0);
    all.emplace_back("duplicates", made);
    made = plain;
    made.row(1) = -plain.row(0);
    all.emplace_back("opposite", made);
    made.row(1) *= 1e5;
    all.emplace_back("opposite of unlike lengths", made);
    made = plain;
    made.row(i % kTasks).setZero();
    all.emplace_back("a zero row", made);
  }
  all.emplace_back("all equal", MatrixXd::Ones(kTasks, 3));
  all.emplace_back("all zero", MatrixXd::Zero(kTasks, 3));
  all.emplace_back("64 tasks", gaussian(64, 100, 1));
  all.emplace_back("64 tasks in 20 dimensions", gaussian(64, 20, 2));
  all.emplace_back("one task", MatrixXd{{3, 4}});
  return all;
}

/// The plain parameters with another primary task.
json paramsWithPrimary(const std::string& id, Index tasks, Index primary) {
  auto params = plainParams(id, tasks);
  if (has(id, "primary")) params["primary"] = primary;
  // With one neighbour each the two nearest rows score alike.
  if (has(id, "selected")) params["selected"] = 2;
  if (has(id, "sizes") && primary != 0)
    std::reverse(params["sizes"].begin(), params["sizes"].end());
  return params;
}

/// The values that `spec` is tried with beside its default.
std::vector<json> otherValues(const eq::ParameterSpec& spec) {
  using eq::ParameterType;
  if (spec.name == "inner") {
    std::vector<json> ids;
    for (const auto* descriptor : allDescriptors())
      if (!has(descriptor->id, "inner") && hasWeights(*descriptor) &&
          !descriptor->traits.value("rows", false))
        ids.emplace_back(descriptor->id);
    return ids;
  }
  if (spec.type == ParameterType::choice)
    return std::vector<json>(spec.choices.begin(), spec.choices.end());
  if (spec.type == ParameterType::boolean) return {!spec.defaultValue.get<bool>()};
  if (spec.type == ParameterType::integer && spec.minimum.value_or(0) <= 2 &&
      spec.maximum.value_or(2) >= 2)
    return {2};
  return {};
}

/// Every method with its plain parameters, and with each parameter that is a choice or a count
/// changed alone.
void addVariants() {
  QTest::addColumn<QString>("id");
  QTest::addColumn<json>("params");
  for (const auto* descriptor : allDescriptors()) {
    if (!hasWeights(*descriptor)) continue;
    const json plain = plainParams(descriptor->id, kTasks);
    const auto id = QString::fromStdString(descriptor->id);
    QTest::newRow(qPrintable(id)) << id << plain;
    for (const auto& spec : descriptor->parameters)
      for (const auto& value : otherValues(spec)) {
        json params = plain;
        params[spec.name] = value;
        if (spec.name == "inner") params["inner_params"] = plainParams(value, kTasks);
        const auto name = id + " " + QString::fromStdString(spec.name) + " " +
                          QString::fromStdString(value.dump());
        QTest::newRow(qPrintable(name)) << id << params;
      }
  }
}

std::unique_ptr<Balancer> makeVariant(const QString& id, const json& params, std::uint64_t seed) {
  using eq::TaskKind;
  Setting setting;
  setting.tasks = kTasks;
  setting.seed = seed;
  setting.path = id.toStdString();
  setting.kinds = {TaskKind::regression, TaskKind::classification, TaskKind::binary,
                   TaskKind::regression, TaskKind::ordinal};
  const auto& slot = weightings().contains(setting.path) ? weightings() : gradientMethods();
  return slot.create(setting.path, params, setting.path, setting);
}

bool dropsZeroRows(const std::string& id) {
  const auto made = make(id, plainParams(id, kTasks), kTasks);
  return dynamic_cast<const GradientMethod*>(made.get()) != nullptr;
}

void addMethods(const std::vector<const eq::Descriptor*>& descriptors) {
  QTest::addColumn<QString>("id");
  for (const auto* descriptor : descriptors)
    if (hasWeights(*descriptor))
      QTest::newRow(descriptor->id.c_str()) << QString::fromStdString(descriptor->id);
}

}  // namespace

/// What holds for every method of both slots, or of one: a new row of a table is covered by itself.
class TestEveryMethod : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void continuesFromItsState_data() { addVariants(); }
  void continuesFromItsState() {
    QFETCH(QString, id);
    QFETCH(json, params);
    for (const int stop : {1, 2, 5, 6, 11}) {
      const auto whole = makeVariant(id, params, 11);
      for (int step = 0; step < stop; ++step) whole->weigh(changingInputs(kTasks, step));
      const auto resumed = makeVariant(id, params, 99);
      resumed->restore(json::parse(whole->state().dump()));
      for (int step = stop; step < stop + 7; ++step) {
        QCOMPARE(resumed->needs().gramian, whole->needs().gramian);
        const auto inputs = changingInputs(kTasks, step);
        QVERIFY(resumed->weigh(inputs) == whole->weigh(inputs));
      }
    }
  }

  void hardFamiliesGiveNumbers_data() { addMethods(allDescriptors()); }
  void hardFamiliesGiveNumbers() {
    QFETCH(QString, id);
    const auto name = id.toStdString();
    for (const auto& [family, jacobian] : hardFamilies()) {
      const Index tasks = jacobian.rows();
      if (tasks < fewestTasks(name)) continue;
      const auto balancer = make(name, plainParams(name, tasks), tasks);
      for (int step = 0; step < 3; ++step) {
        const VectorXd w = balancer->weigh(stepInputs(jacobian, positive(tasks, step), step, step));
        QVERIFY2(w.allFinite(), qPrintable(family));
      }
    }
  }

  void permutesWithTheTasks_data() { addMethods(allDescriptors()); }
  void permutesWithTheTasks() {
    QFETCH(QString, id);
    const auto name = id.toStdString();
    if (descriptorOf(name).traits.value("random", false))
      QSKIP("depends on its order by definition");
    for (int i = 0; i < kMatrices; ++i) {
      const MatrixXd jacobian = randomJacobian(i);
      const Index tasks = jacobian.rows();
      if (tasks < fewestTasks(name)) continue;
      const auto plain = make(name, paramsWithPrimary(name, tasks, 0), tasks);
      const auto turned = make(name, paramsWithPrimary(name, tasks, tasks - 1), tasks);
      for (int step = 0; step < 4; ++step) {
        const VectorXd losses = positive(tasks, i + step);
        const VectorXd w = plain->weigh(stepInputs(jacobian, losses, step, step));
        const VectorXd v =
            turned->weigh(stepInputs(jacobian.colwise().reverse(), losses.reverse(), step, step));
        QVERIFY2(relativeError(v.reverse(), w) < 1e-6, qPrintable(QString::number(i)));
      }
    }
  }

  void absentTasksGetNothingAndChangeNothing_data() { addMethods(allDescriptors()); }
  void absentTasksGetNothingAndChangeNothing() {
    QFETCH(QString, id);
    const auto name = id.toStdString();
    if (drawsAtRandom(name)) QSKIP("the number of draws depends on the tasks");
    const Index rest = kTasks - 1;
    const auto fewer = make(name, plainParams(name, rest), rest);
    const auto all = make(name, plainParams(name, kTasks), kTasks);
    for (int step = 0; step < 6; ++step) {
      const MatrixXd rows = gaussian(rest, 7, step);
      const VectorXd losses = positive(rest, step);
      MatrixXd more(kTasks, 7);
      more << rows, MatrixXd::Constant(1, 7, std::nan(""));
      VectorXd moreLosses(kTasks);
      moreLosses << losses, std::nan("");
      Inputs inputs = stepInputs(more, moreLosses, step, step);
      inputs.present = {1, 1, 1, 1, 0};
      const VectorXd w = all->weigh(inputs);
      QCOMPARE(w[rest], 0.0);
      const VectorXd expected = fewer->weigh(stepInputs(rows, losses, step, step));
      QVERIFY(relativeError(w.head(rest), expected) < 1e-12);
    }
  }

  void commonScaleLeavesTheDirection_data() { addMethods(gradientMethods().descriptors()); }
  void commonScaleLeavesTheDirection() {
    QFETCH(QString, id);
    const auto name = id.toStdString();
    if (name == "modo") QSKIP("its step has a unit");
    for (int i = 0; i < kMatrices; ++i) {
      const MatrixXd jacobian = randomJacobian(i);
      if (jacobian.rows() < fewestTasks(name)) continue;
      json params = plainParams(name, jacobian.rows());
      // What is added to a mean square has a unit.
      if (name == "pcd") params["epsilon"] = 0;
      const VectorXd d = jacobian.transpose() * weights(name, params, jacobian);
      for (const double scale : {1e-8, 1e6}) {
        const MatrixXd scaled = scale * jacobian;
        const VectorXd e = scaled.transpose() * weights(name, params, scaled);
        QVERIFY(relativeError(e.normalized(), d.normalized()) < 1e-6);
      }
    }
  }

  void zeroRowsAreLeftOut_data() { addMethods(gradientMethods().descriptors()); }
  void zeroRowsAreLeftOut() {
    QFETCH(QString, id);
    const auto name = id.toStdString();
    if (!dropsZeroRows(name)) QSKIP("a zero row is a row of it");
    MatrixXd jacobian(3, 3);
    jacobian << jacobianA().row(0), MatrixXd::Zero(1, 3), jacobianA().row(1);
    const VectorXd w = weights(name, plainParams(name, 3), jacobian);
    const VectorXd rest = weights(name, plainParams(name, 2), jacobianA());
    QCOMPARE(w[1], 0.0);
    QCOMPARE(VectorXd(w(std::vector<Index>{0, 2})), rest);
    const VectorXd none = weights(name, plainParams(name, 3), MatrixXd::Zero(3, 4));
    QCOMPARE(none, VectorXd(VectorXd::Zero(3)));
  }

  void aRowThatCountsAsZeroIsRemarked_data() { addMethods(gradientMethods().descriptors()); }
  void aRowThatCountsAsZeroIsRemarked() {
    QFETCH(QString, id);
    const auto name = id.toStdString();
    if (!dropsZeroRows(name)) QSKIP("a zero row is a row of it");
    const auto remarked = [&](const MatrixXd& jacobian) {
      const auto balancer = make(name, plainParams(name, 2), jacobian.rows());
      balancer->weigh(inputsOf(jacobian));
      std::vector<Index> tasks;
      for (const auto& remark : balancer->remarks())
        if (remark.text.find("counts as zero") != std::string::npos) tasks.push_back(remark.task);
      return tasks;
    };
    QVERIFY(remarked(MatrixXd{{1, 0.5}, {0.2e-11, 1e-11}}).empty());
    QCOMPARE(remarked(MatrixXd{{1, 0.5}, {0.2e-13, 1e-13}}), (std::vector<Index>{1}));
    QCOMPARE(remarked(MatrixXd{{1e-200, 0}, {0, 1e-200}}), (std::vector<Index>{0, 1}));
  }

  void oneTaskIsFollowed_data() { addMethods(gradientMethods().descriptors()); }
  void oneTaskIsFollowed() {
    QFETCH(QString, id);
    const auto name = id.toStdString();
    if (fewestTasks(name) > 1) QSKIP("has nothing to compare with");
    const double w = weights(name, plainParams(name, 1), MatrixXd{{3, 4}})[0];
    // 1 + c; 1/‖g‖, also of fairness 1.
    const double expected = name == "cagrad"                           ? 1.5
                            : name == "nash_mtl" || name == "fairgrad" ? 0.2
                                                                       : 1;
    QVERIFY(std::abs(w - expected) < 1e-12);
  }

  void equalRowsKeepTheirDirection_data() { addMethods(gradientMethods().descriptors()); }
  void equalRowsKeepTheirDirection() {
    QFETCH(QString, id);
    const auto name = id.toStdString();
    const MatrixXd jacobian{{3, 4}, {3, 4}, {3, 4}, {3, 4}};
    const VectorXd d = jacobian.transpose() * weights(name, plainParams(name, 4), jacobian);
    QVERIFY(d.allFinite());
    QVERIFY((d.normalized() - VectorXd{{0.6, 0.8}}).norm() < 1e-9);
  }

  void outputScaleIsApplied_data() { addMethods(allDescriptors()); }
  void outputScaleIsApplied() {
    QFETCH(QString, id);
    const auto name = id.toStdString();
    json mean = plainParams(name, kTasks), sum = mean;
    mean["output_scale"] = "mean";
    sum["output_scale"] = "sum";
    if (descriptorOf(name).traits.at("scale") == "own") {
      QVERIFY_EXCEPTION_THROWN(make(name, mean, kTasks), eq::Error);
      return;
    }
    const auto inputs = changingInputs(kTasks, 3);
    const VectorXd small = make(name, mean, kTasks)->weigh(inputs);
    const VectorXd large = make(name, sum, kTasks)->weigh(inputs);
    QVERIFY(relativeError(large, double(kTasks) * small) < 1e-12);
  }

  /// Their lengths over ten decades, for the methods that promise not to feel them.
  void rowsOfUnlikeLengthsLeaveTheDirection_data() {
    QTest::addColumn<QString>("id");
    QTest::addColumn<json>("params");
    QTest::newRow("nash_mtl") << QString("nash_mtl") << json{{"max_norm", 0}};
    QTest::newRow("fairgrad") << QString("fairgrad") << json::object();
    QTest::newRow("config") << QString("config") << json::object();
    QTest::newRow("imtl_g") << QString("imtl_g") << json{{"normalizer", "absolute_sum"}};
    QTest::newRow("mgda") << QString("mgda")
                          << json{{"normalization", "l2"}, {"apply_to", "normalized"}};
  }
  void rowsOfUnlikeLengthsLeaveTheDirection() {
    QFETCH(QString, id);
    QFETCH(json, params);
    for (int i = 0; i < kMatrices; ++i) {
      const MatrixXd jacobian = gaussian(kTasks, 9, i);
      MatrixXd scaled = jacobian;
      for (Index k = 0; k < kTasks; ++k)
        scaled.row(k) *= std::pow(10.0, 2.5 * double((k + i) % 5) - 5);
      const VectorXd d = jacobian.transpose() * weights(id.toStdString(), params, jacobian);
      const VectorXd e = scaled.transpose() * weights(id.toStdString(), params, scaled);
      QVERIFY(relativeError(e.normalized(), d.normalized()) < 1e-7);
    }
  }
};

EQUIPOISE_TEST(TestEveryMethod)
#include "tst_every_method.moc"
