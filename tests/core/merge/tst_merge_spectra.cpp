#include <QTest>

#include <Eigen/QR>

#include "tests/core/merge/merge_support.h"
#include "tests/registry.h"

namespace {

using namespace eq::merge::test;
using Eigen::MatrixXd;

json tensorOfMatrix(const MatrixXd& matrix) {
  auto data = std::vector<double>();
  for (Eigen::Index i = 0; i < matrix.rows(); ++i)
    for (Eigen::Index j = 0; j < matrix.cols(); ++j) data.push_back(matrix(i, j));
  return {{"w", {{"shape", {matrix.rows(), matrix.cols()}}, {"data", data}}}};
}

MatrixXd matrixOfTensor(const json& tensor) {
  MatrixXd matrix(tensor["shape"][0].get<Eigen::Index>(), tensor["shape"][1].get<Eigen::Index>());
  for (Eigen::Index i = 0; i < matrix.size(); ++i)
    matrix(i / matrix.cols(), i % matrix.cols()) = tensor["data"][static_cast<size_t>(i)];
  return matrix;
}

MatrixXd randomMatrix(Draws& draws, Eigen::Index rows, Eigen::Index columns) {
  const auto numbers = draws.numbers(rows * columns);
  return Eigen::Map<const MatrixXd>(numbers.data(), rows, columns);
}

MatrixXd randomRotation(Draws& draws, Eigen::Index n) {
  return Eigen::HouseholderQR<MatrixXd>(randomMatrix(draws, n, n)).householderQ();
}

/// Δ of a spectral method over matrices.
MatrixXd updateOf(const std::string& id, const std::vector<MatrixXd>& taus) {
  auto experts = json::array();
  for (const auto& tau : taus) experts.push_back(tensorOfMatrix(tau));
  const json input{{"base", tensorOfMatrix(0 * taus[0])}, {"experts", experts}};
  return matrixOfTensor(computed(id, input)["merged"]["w"]);
}

template <typename Change>
std::vector<MatrixXd> changed(std::vector<MatrixXd> matrices, const Change& change) {
  for (auto& matrix : matrices) matrix = MatrixXd(change(matrix));
  return matrices;
}

void addSpectral(const std::vector<const char*>& ids) {
  QTest::addColumn<QString>("id");
  QTest::addColumn<int>("experts");
  for (const char* id : ids)
    for (const int experts : {1, 2, 3, 7})
      QTest::addRow("%s, %d", id, experts) << QString(id) << experts;
}

std::vector<MatrixXd> randomTaus(int count) {
  Draws draws(static_cast<std::uint64_t>(100 + count));
  std::vector<MatrixXd> taus;
  for (int k = 0; k < count; ++k) taus.push_back(randomMatrix(draws, 6, 4));
  return taus;
}

}  // namespace

/// What the methods of spectra promise for every turn of the matrices.
class TestMergeSpectra : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void rotatedTasksGiveTheRotatedUpdate_data() { addSpectral({"iso_c", "iso_cts", "tsv_m"}); }
  void rotatedTasksGiveTheRotatedUpdate() {
    QFETCH(QString, id);
    QFETCH(int, experts);
    Draws draws(7);
    const auto q = randomRotation(draws, 6), r = randomRotation(draws, 4);
    const auto taus = randomTaus(experts);
    const auto turned = changed(taus, [&](const MatrixXd& tau) { return q * tau * r; });
    const MatrixXd expected = q * updateOf(id.toStdString(), taus) * r;
    QVERIFY((updateOf(id.toStdString(), turned) - expected).norm() < 1e-9 * expected.norm());
  }

  void transposedTasksGiveTheTranspose_data() { addSpectral({"iso_c", "tsv_m"}); }
  void transposedTasksGiveTheTranspose() {
    QFETCH(QString, id);
    QFETCH(int, experts);
    const auto taus = randomTaus(experts);
    const auto other = changed(taus, [](const MatrixXd& tau) { return tau.transpose(); });
    const MatrixXd expected = updateOf(id.toStdString(), taus).transpose();
    QVERIFY((updateOf(id.toStdString(), other) - expected).norm() < 1e-9 * expected.norm());
  }

  void isotropicUpdatesHaveOneSingularValue_data() { addSpectral({"iso_c", "iso_cts"}); }
  void isotropicUpdatesHaveOneSingularValue() {
    QFETCH(QString, id);
    QFETCH(int, experts);
    const auto update = updateOf(id.toStdString(), randomTaus(experts));
    const MatrixXd gram = update.transpose() * update;
    const double square = gram.trace() / 4;
    QVERIFY((gram - square * MatrixXd::Identity(4, 4)).norm() < 1e-9 * square);
    if (id == "iso_cts") return;
    // Of rank 1: σ̄ = σ_1/4 once, 0 three times.
    const auto low =
        changed(randomTaus(1), [](MatrixXd tau) { return MatrixXd(tau.col(0) * tau.row(0)); });
    const auto flat = updateOf("iso_c", low);
    QVERIFY((flat - low[0] / 4).norm() < 1e-12 * low[0].norm());
  }

  void oneExpertMakesIsoCtsIsoC() {
    for (const char* common : {"0", "0.5", "0.8", "1"}) {
      const auto input = family(1, 70);
      const auto found = computed("iso_cts", input, {{"common", std::stod(common)}});
      QVERIFY(distance(found["merged"], computed("iso_c", input)["merged"]) < 1e-10);
    }
  }
};

EQUIPOISE_TEST(TestMergeSpectra)
#include "tst_merge_spectra.moc"
