#include "core/metric/classes/shots.h"

#include "core/base/error.h"
#include "core/loss/checks.h"
#include "core/metric/classes/class_counts.h"
#include "core/metric/decisions.h"
#include "core/metric/metric_support.h"

namespace eq::metric {
namespace {

enum class Shots { many, medium, few };

class ShotAccuracy : public Metric {
 public:
  ShotAccuracy(std::string id, Shots shots, const Parameters& parameters)
      : id_(std::move(id)), counts_(parameters.numbers("counts")) {
    const double many = parameters.number("many"), few = parameters.number("few");
    if (few > many)
      fail("{}.few: {} is above many, {}, so that a class could be both", id_, few, many);
    for (const double count : counts_)
      chosen_.push_back((count > many  ? Shots::many
                         : count < few ? Shots::few
                                       : Shots::medium) == shots);
  }

  void check(const Batch& batch) const override {
    checkClasses(batch, id_);
    if (!hasClassIndices(batch))
      fail("{}.prediction: needs logits of classes, [N, C], found {}", id_,
           loss::shapeText(batch.prediction));
    loss::checkCounts(id_, counts_, batch.prediction.size(1));
  }

  void add(const Batch& batch) override {
    loss::checkCounts(id_, counts_, batch.prediction.size(1));
    totals_.add(batch);
  }

  nlohmann::json value() const override {
    std::vector<double> recalls;
    for (const auto& counts : chosen())
      if (counts.support() > 0) recalls.push_back(counts.truePositive / counts.support());
    return orNull(meanOfDefined(recalls));
  }

  double decisiveExamples() const override {
    std::vector<double> members;
    for (const auto& counts : chosen()) members.push_back(counts.support());
    return decisiveOfMean(members);
  }

 private:
  std::vector<ClassCounts::Counts> chosen() const {
    std::vector<ClassCounts::Counts> some;
    const auto all = totals_.counts();
    for (size_t c = 0; c < all.size(); ++c)
      if (chosen_[c]) some.push_back(all[c]);
    return some;
  }

  std::string id_;
  std::vector<double> counts_;
  std::vector<bool> chosen_;  ///< one a class
  ClassCounts totals_;
};

CatalogRow<Metric> shotRow(const std::string& id, const std::string& title, Shots shots,
                           const std::string& which) {
  auto descriptor = describeClasses(
      id, title,
      "Share of each class's members that were found, averaged over the classes with " + which +
          " training examples.",
      "mean of TP_c / (TP_c + FN_c) over those c",
      "Z. Liu et al., Large-Scale Long-Tailed "
      "Recognition in an Open World, CVPR 2019",
      "max");
  descriptor.taskKinds = {TaskKind::classification, TaskKind::ordinal};
  descriptor.traits["undefined"] = "no class among what counts has " + which + " training examples";
  descriptor.parameters = {
      ParameterSpec::numberList("counts", nullptr, "Training samples of each class")
          .from(0)
          .needed(),
      ParameterSpec::number("many", 100, "A class with more than so many has many").from(0),
      ParameterSpec::number("few", 20, "A class with less than so many has few").from(0)};
  return {descriptor, [id, shots](const Parameters& parameters) {
            return std::make_unique<ShotAccuracy>(id, shots, parameters);
          }};
}

}  // namespace

CatalogRow<Metric> manyShotAccuracyRow() {
  return shotRow("many_shot_accuracy", "Accuracy of frequent classes", Shots::many, "many");
}

CatalogRow<Metric> mediumShotAccuracyRow() {
  return shotRow("medium_shot_accuracy", "Accuracy of classes between", Shots::medium,
                 "medium many");
}

CatalogRow<Metric> fewShotAccuracyRow() {
  return shotRow("few_shot_accuracy", "Accuracy of rare classes", Shots::few, "few");
}

}  // namespace eq::metric
