#include "core/metric/ranking/linear_probe.h"

#include <algorithm>
#include <vector>

#include <ATen/TensorOperators.h>
#include <Eigen/Cholesky>
#include <Eigen/Core>

#include "core/base/error.h"
#include "core/loss/checks.h"
#include "core/metric/decisions.h"
#include "core/metric/kept_rows.h"
#include "core/metric/metric_support.h"

namespace eq::metric {
namespace {

constexpr const char* kProbe = "linear_probe";

using Rows = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Embeddings, a row each, and their classes.
struct Labelled {
  Rows x;
  std::vector<Eigen::Index> labels;

  /// \param rows the label, then the embedding.
  explicit Labelled(const HostRows& rows) : x(rows.count(), rows.width() - 1) {
    for (std::int64_t i = 0; i < rows.count(); ++i) {
      labels.push_back(static_cast<Eigen::Index>(rows.at(i, 0)));
      x.row(i) = Eigen::Map<const Eigen::RowVectorXd>(rows.row(i) + 1, x.cols());
    }
  }
};

/// Least squares of the one-hot classes, with an offset that is not shrunk.
class RidgeClassifier {
 public:
  /// \param ridge in units of the mean variance of a feature. \pre some are labelled.
  RidgeClassifier(const Labelled& training, double ridge) : mean_(training.x.colwise().mean()) {
    const auto classes = *std::max_element(training.labels.begin(), training.labels.end()) + 1;
    Rows target = Rows::Zero(training.x.rows(), classes);
    for (size_t i = 0; i < training.labels.size(); ++i)
      target(static_cast<Eigen::Index>(i), training.labels[i]) = 1;
    offset_ = target.colwise().mean();
    const Rows centred = training.x.rowwise() - mean_;
    target.rowwise() -= offset_;
    Eigen::MatrixXd gram = centred.transpose() * centred;
    const double shrink = ridge * gram.trace() / static_cast<double>(gram.rows());
    weights_ = Eigen::MatrixXd::Zero(gram.rows(), classes);
    if (!(shrink > 0)) return;  // all embeddings are one and the same
    gram.diagonal().array() += shrink;
    const Eigen::MatrixXd products = centred.transpose() * target;
    weights_ = gram.ldlt().solve(products);
  }

  /// The lowest of the classes that score best.
  Eigen::Index decide(const Eigen::RowVectorXd& x) const {
    const Eigen::RowVectorXd scores = (x - mean_) * weights_ + offset_;
    Eigen::Index best = 0;
    scores.maxCoeff(&best);
    return best;
  }

 private:
  Eigen::RowVectorXd mean_, offset_;
  Eigen::MatrixXd weights_;
};

class LinearProbe : public Metric {
 public:
  explicit LinearProbe(const Parameters& parameters) : ridge_(parameters.number("ridge")) {}

  void check(const Batch& batch) const override {
    loss::checkNumbers(kProbe, "prediction", batch.prediction);
    if (batch.prediction.dim() != 2)
      fail("{}.prediction: expected embeddings [N, D], found {}", kProbe,
           loss::shapeText(batch.prediction));
    checkLabels("target", batch.target, batch.prediction.size(0), "rows of prediction");
    const auto training = batch.field("training"), labels = batch.field("training_target");
    loss::checkPresent(kProbe, "training", training);
    loss::checkPresent(kProbe, "training_target", labels);
    loss::checkNumbers(kProbe, "training", training);
    if (training.dim() != 2 || training.size(1) != batch.prediction.size(1))
      fail("{}.training: expected embeddings [M, D] with D = {} of the prediction, found {}",
           kProbe, batch.prediction.size(1), loss::shapeText(training));
    checkLabels("training_target", labels, training.size(0), "rows of training");
  }

  void add(const Batch& batch) override {
    training_ = batch.field("training");
    trainingLabels_ = batch.field("training_target");
    kept_.add({counted(batch), batch.target, batch.prediction});
  }

  at::Tensor counted(const Batch& batch) const override { return batch.target != kIgnored; }

  nlohmann::json value() const override {
    const auto rows = kept_.validHost();
    if (rows.count() == 0 || !training_.defined()) return nullptr;
    KeptRows given;
    given.add({trainingLabels_ != kIgnored, trainingLabels_, training_});
    const Labelled training(given.validHost()), judged(rows);
    if (training.labels.empty() || !training.x.allFinite()) return nullptr;
    const RidgeClassifier classifier(training, ridge_);
    double right = 0;
    for (size_t i = 0; i < judged.labels.size(); ++i)
      right += classifier.decide(judged.x.row(static_cast<Eigen::Index>(i))) == judged.labels[i];
    return right / static_cast<double>(judged.labels.size());
  }

 private:
  static void checkLabels(const std::string& field, const at::Tensor& labels, std::int64_t count,
                          const std::string& like) {
    loss::checkShape(kProbe, field, labels, {count}, like);
    loss::checkIntegers(kProbe, field, labels);
    const auto wrong = (labels < 0) & (labels != kIgnored);
    if (wrong.any().item<bool>())
      fail("{}.{}: classes are from 0, or -100 for none, found {}", kProbe, field,
           labels.masked_select(wrong)[0].item<std::int64_t>());
  }

  double ridge_;
  at::Tensor training_, trainingLabels_;
  KeptRows kept_;  ///< whether it counts, label, embedding
};

}  // namespace

bool readsTraining(const Descriptor& metric) {
  return std::any_of(metric.inputs.begin(), metric.inputs.end(),
                     [](const InputField& field) { return field.name == "training"; });
}

CatalogRow<Metric> linearProbeRow() {
  auto descriptor = describe(
      kProbe, "Accuracy of a linear probe",
      "Share of right decisions of a ridge regression of the classes on embeddings, fitted on "
      "those of the training examples anew at each evaluation, without any gradient.",
      "argmax (x − x̄) W + ȳ, W = (XᵀX + r tr(XᵀX)/D I)⁻¹ XᵀY of centred X, one-hot Y",
      "Zhang, Isola, Efros, Colorful Image Colorization, ECCV 2016; in closed form", "max");
  descriptor.parameters = {
      ParameterSpec::number("ridge", 1e-3,
                            "r: shrinks the weights, in units of the mean variance of a feature")
          .above(0)};
  descriptor.inputs = {{"prediction", "[N, D]", "embeddings"},
                       {"target", "int [N]", "classes, -100 = ignored"},
                       {"training", "[M, D]", "embeddings of the training examples"},
                       {"training_target", "int [M]", "their classes, -100 = ignored"}};
  descriptor.taskKinds = {TaskKind::classification, TaskKind::ordinal};
  descriptor.traits["prediction"] = "embedding";
  descriptor.traits["range"] = {0, 1};
  descriptor.traits["undefined"] = "no example counts, or a training embedding is no finite number";
  // A probe is fitted once; the bootstrap of a run knows no training examples.
  descriptor.traits["examples"] = false;
  return rowOf<LinearProbe>(descriptor);
}

}  // namespace eq::metric
