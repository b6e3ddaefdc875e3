#include <QtTest>

#include <set>

#include "core/balance/catalog.h"
#include "core/data/catalog.h"
#include "core/data/class_counts.h"
#include "core/data/problem.h"
#include "core/loss/catalog.h"
#include "core/loss/families.h"
#include "core/model/catalog.h"
#include "core/train/command.h"
#include "core/train/loss_fit.h"
#include "core/train/method_text.h"
#include "core/train/optimizer_catalog.h"
#include "core/train/schedule.h"
#include "core/train/scheme_catalog.h"
#include "core/train/side_effects.h"
#include "core/train/snapshot.h"
#include "core/train/trainer.h"
#include "tests/registry.h"

using namespace eq::train;
using Texts = std::vector<std::string>;

namespace {

eq::TaskInfo tenClasses() {
  eq::TaskInfo task;
  task.name = "left";
  task.width = 10;
  return task;
}

Experiment twoDigits() {
  return experimentFromJson(nlohmann::json::parse(R"({
    "data": {"id": "two_digits", "train_pairs": 60, "test_pairs": 20}, "model": {"id": "mlp"},
    "batch_size": 30, "epochs": 5, "threads": 1})"));
}

}  // namespace

class TestSideEffects : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void aSwapSaysWhatItBeginsAnew() {
    const auto task = tenClasses();
    QVERIFY(sideEffects(task, {"cross_entropy"}, {"focal"}).empty());
    QCOMPARE(sideEffects(task, {"cross_entropy"}, {"arcface"}),
             Texts{"the last layer of its head begins anew"});
    const auto pairs = sideEffects(task, {"cross_entropy"}, {"info_nce"});
    QCOMPARE(pairs.back(), std::string("its examples come as pairs of two views"));
    QCOMPARE(sideEffects(task, {"info_nce"}, {"cross_entropy"}).back(),
             std::string("its examples come as pairs no more"));
    QVERIFY(sideEffects(task, {"cross_entropy"}, {"ldam"}).empty());  // it cannot be made
  }

  void aBalancerSaysWhatBecomesOfItsState() {
    const std::vector<eq::TaskKind> kinds(2);
    QVERIFY(weightingSideEffects(kinds, {"equal"}, {"static"}).empty());
    QCOMPARE(weightingSideEffects(kinds, {"equal"}, {"uncertainty"}),
             Texts{"its state begins with this step"});
    QCOMPARE(weightingSideEffects(kinds, {"uncertainty"}, {"equal"}),
             Texts{"the state of " + eq::balance::weightings().descriptor("uncertainty").title +
                   " is given up"});
    QCOMPARE(weightingSideEffects(kinds, {"uncertainty"}, {"uncertainty", {{"init", 0.5}}}),
             Texts{"its state begins anew"});
    QVERIFY(gradientSideEffects(kinds, {""}, {"mgda"}).empty());
  }

  void eventsSayIt() {
    Trainer trainer(twoDigits());
    trainer.apply(Command::setLoss(0, {"arcface"}));
    trainer.apply(Command::setWeighting({"uncertainty"}));
    const auto events = trainer.takeEvents();
    QCOMPARE(events.size(), std::size_t{2});
    QCOMPARE(QString::fromStdString(events[0].text),
             QString("left, loss to ArcFace; the last layer of its head begins anew"));
    QVERIFY2(events[1].text.ends_with("; its state begins with this step"), events[1].text.c_str());
  }

  /// The event said "as before", and what had been learned was gone.
  void aBalancerThatStaysKeepsItsState() {
    Trainer trainer(twoDigits()), other(twoDigits());
    for (auto* one : {&trainer, &other}) {
      one->apply(Command::setWeighting({"uncertainty"}));
      for (int i = 0; i < 3; ++i) one->step();
    }
    const auto before = trainer.snapshot().meta.at("balancer");
    trainer.apply(Command::setWeighting({"uncertainty"}));
    QVERIFY(trainer.snapshot().meta.at("balancer") == before);
    other.apply(Command::setWeighting({"uncertainty", {{"init", 0.5}}}));
    QVERIFY(other.snapshot().meta.at("balancer") != before);
  }

  void textsNameMethodsByTheirTitles() {
    QCOMPARE(inWords({"focal"}), std::string("Focal loss"));
    QCOMPARE(inWords({"focal", {{"gamma", 5}}}), std::string("Focal loss (gamma 5)"));
    QCOMPARE(changeInWords({"focal"}, {"focal", {{"gamma", 5}}}),
             std::string("Focal loss: gamma 2.0 → 5"));
    QCOMPARE(changeInWords({"mse"}, {"focal"}), std::string("to Focal loss"));
    const auto terms =
        nlohmann::json::parse(R"([{"id": "cross_entropy"}, {"id": "center", "weight": 0.01}])");
    QCOMPARE(QString::fromStdString(inWords({"sum", {{"terms", terms}}})),
             QString("Weighted sum (terms Cross-entropy + 0.01 × Center loss)"));
    QCOMPARE(inWords({""}), std::string("none"));
  }

  void noIdStandsInTwoCatalogs() {
    std::set<std::string> ids;
    for (const auto& list : {eq::loss::catalog().descriptors(), eq::balance::allDescriptors(),
                             eq::data::catalog().descriptors(), eq::model::catalog().descriptors(),
                             optimizers().descriptors(), schedules().descriptors(),
                             eq::train::schemeCatalog().descriptors()})
      for (const auto* descriptor : list)
        QVERIFY2(ids.insert(descriptor->id).second, descriptor->id.c_str());
  }

  void everyLossHasAFamily() {
    std::set<std::string> known;
    for (const auto& family : eq::loss::families()) known.insert(family.id);
    for (const auto* descriptor : eq::loss::catalog().descriptors())
      QVERIFY2(known.contains(descriptor->traits.value("family", std::string())),
               descriptor->id.c_str());
  }

  void whatDoesNotFitSaysWhy() {
    const auto task = tenClasses();
    QCOMPARE(whyNotFor(&task, "cross_entropy", nlohmann::json::object()), std::string());
    const auto mse = whyNeverFor(&task, "mse");
    QVERIFY2(mse.find("left is classification") != std::string::npos, mse.c_str());
    const auto formula = whyNotFor(nullptr, "expression", {{"text", "p -"}});
    QVERIFY2(formula.starts_with("expression.text"), formula.c_str());
    const auto file = whyNotFor(nullptr, "torchscript", {{"path", "/no/such.pt"}});
    QVERIFY2(file.starts_with("torchscript.path"), file.c_str());
    const auto base = whyNotFor(&task, "dynamic_reweight", {{"base", {{"id", "mse"}}}});
    QVERIFY2(base.find("a loss in it") != std::string::npos, base.c_str());
  }

  void countsOfClassesAreThoseOfTheTrainingExamples() {
    const auto problem = loadProblem(twoDigits());
    const auto counts = eq::data::classCounts(problem, 0);
    QCOMPARE(counts.size(), std::size_t{10});
    std::int64_t sum = 0;
    for (const auto count : counts) sum += count;
    QCOMPARE(sum, problem.train.size());
    QCOMPARE(Trainer(twoDigits()).classCounts()[0], counts);
  }
};

EQUIPOISE_TEST(TestSideEffects)
#include "tst_side_effects.moc"
