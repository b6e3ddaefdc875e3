#include <QTest>

#include "tests/core/merge/merge_support.h"
#include "tests/registry.h"

namespace {

using namespace eq::merge::test;
using Eigen::MatrixXd;

MatrixXd matrixOf(const json& tensor) {
  const auto data = tensor["data"].get<std::vector<double>>();
  const auto rows = tensor["shape"][0].get<Eigen::Index>();
  const auto columns = static_cast<Eigen::Index>(data.size()) / rows;
  MatrixXd matrix(rows, columns);
  for (Eigen::Index i = 0; i < matrix.size(); ++i)
    matrix(i / columns, i % columns) = data[static_cast<size_t>(i)];
  return matrix;
}

json jsonOf(const MatrixXd& matrix, const json& like) {
  std::vector<double> data;
  for (Eigen::Index i = 0; i < matrix.rows(); ++i)
    for (Eigen::Index j = 0; j < matrix.cols(); ++j) data.push_back(matrix(i, j));
  return {{"shape", like["shape"]}, {"data", data}};
}

/// A network of one hidden layer, tanh, and the squared error on a few samples.
struct Network {
  MatrixXd inputs, targets;

  static Network random(std::uint64_t seed) {
    Draws draws(seed);
    Network network;
    network.inputs = matrixOf(tensorOf(draws.numbers(15), {3, 5}));
    network.targets = matrixOf(tensorOf(draws.numbers(10), {2, 5}));
    return network;
  }

  static json randomModel(Draws& draws, double scale) {
    return {{"0.bias", tensorOf(draws.numbers(4, scale))},
            {"0.weight", tensorOf(draws.numbers(12, scale), {4, 3})},
            {"1.weight", tensorOf(draws.numbers(8, scale), {2, 4})}};
  }

  MatrixXd hidden(const json& model) const {
    MatrixXd inner = matrixOf(model["0.weight"]) * inputs;
    inner.colwise() += Eigen::VectorXd(matrixOf(model["0.bias"]).col(0));
    return inner.array().tanh();
  }
  MatrixXd error(const json& model) const {
    return matrixOf(model["1.weight"]) * hidden(model) - targets;
  }
  double loss(const json& model) const { return .5 * error(model).squaredNorm(); }

  /// ∇_θ L by backpropagation.
  json gradient(const json& model) const {
    const auto active = hidden(model);
    const auto slope = error(model);
    const MatrixXd inner = ((matrixOf(model["1.weight"]).transpose() * slope).array() *
                            (1.0 - active.array().square()))
                               .matrix();
    return {{"0.bias", jsonOf(inner.rowwise().sum(), model["0.bias"])},
            {"0.weight", jsonOf(inner * inputs.transpose(), model["0.weight"])},
            {"1.weight", jsonOf(slope * active.transpose(), model["1.weight"])}};
  }
};

json modelsOfNetwork(size_t experts, std::uint64_t seed) {
  Draws draws(seed);
  const auto base = Network::randomModel(draws, 1);
  auto list = json::array();
  for (size_t k = 0; k < experts; ++k) {
    auto expert = base;
    const auto tau = Network::randomModel(draws, .5);
    for (auto& [name, tensor] : expert.items())
      for (size_t i = 0; i < tensor["data"].size(); ++i)
        tensor["data"][i] = tensor["data"][i].get<double>() + tau[name]["data"][i].get<double>();
    list.push_back(std::move(expert));
  }
  return {{"base", base}, {"experts", list}};
}

/// Calls `visit` with the pointer of each number in a value.
template <typename Visit>
void eachNumber(const json& value, const json::json_pointer& place, const Visit& visit) {
  if (value.is_number()) return visit(place);
  if (value.is_array())
    for (size_t i = 0; i < value.size(); ++i) eachNumber(value[i], place / i, visit);
  if (value.is_object())
    for (const auto& [key, part] : value.items()) eachNumber(part, place / key, visit);
}

/// The largest difference of the printed derivatives from central differences of the loss.
double mistake(const std::string& id, json input, const json& params, const Network& network) {
  const auto mergedLoss = [&](const json& at, const json& with) {
    return network.loss(computed(id, at, with)["merged"]);
  };
  input["gradients"] = network.gradient(computed(id, input, params)["merged"]);
  const auto answer = computed(id, input, params);
  const auto& found = answer["coefficient_gradients"];
  constexpr double h = 1e-5;
  double largest = 0;
  size_t count = 0;
  eachNumber(input["coefficients"], json::json_pointer(), [&](const json::json_pointer& place) {
    auto higher = input, lower = input;
    const double middle = input["coefficients"][place];
    higher["coefficients"][place] = middle + h;
    lower["coefficients"][place] = middle - h;
    const double slope = (mergedLoss(higher, params) - mergedLoss(lower, params)) / (2 * h);
    largest =
        std::max(largest, std::abs(slope - found.at(place).get<double>()) / (1 + std::abs(slope)));
    ++count;
  });
  if (count == 0) return 1;
  if (!answer.contains("scale_gradient")) return largest;
  auto higher = params, lower = params;
  higher["scale"] = params["scale"].get<double>() + h;
  lower["scale"] = params["scale"].get<double>() - h;
  const double slope = (mergedLoss(input, higher) - mergedLoss(input, lower)) / (2 * h);
  return std::max(largest,
                  std::abs(slope - answer["scale_gradient"].get<double>()) / (1 + std::abs(slope)));
}

}  // namespace

/// Derivatives and distances that the methods print, against what they are derivatives and
/// distances of.
class TestMergeGradients : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void coefficientsAgainstDifferences() {
    for (const size_t count : {1, 2, 3, 7}) {
      Draws draws(count);
      const auto network = Network::random(count);
      auto input = modelsOfNetwork(count, count);
      auto numbers = json::array(), named = json::array(), lists = json::array();
      for (size_t k = 0; k < count; ++k) {
        const auto drawn = draws.numbers(9, .2);
        numbers.push_back(.3 + .05 * drawn[0]);
        named.push_back({{"0.bias", .4}, {"0.weight", .5 + .1 * drawn[1]}, {"1.weight", .3}});
        lists.push_back({{"0.bias", {drawn[2], drawn[3]}},
                         {"0.weight", {drawn[4], drawn[5]}},
                         {"1.weight", {drawn[6], drawn[7]}}});
      }
      input["partition"] = {{"0.bias", tensorOf({0, 1, 1, 0})},
                            {"0.weight", tensorOf({0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0}, {4, 3})},
                            {"1.weight", tensorOf({1, 1, 1, 0, 1, 0, 1, 0}, {2, 4})}};
      input["coefficients"] = numbers;
      QVERIFY(mistake("adamerging", input, {{"granularity", "task"}}, network) < 1e-7);
      for (const bool softmax : {false, true})
        QVERIFY(mistake("self_positioning", input, {{"softmax", softmax}, {"scale", 1.7}},
                        network) < 1e-7);
      input["coefficients"] = named;
      QVERIFY(mistake("adamerging", input, json::object(), network) < 1e-7);
      QVERIFY(mistake("adamerging", input, {{"plus", true}, {"keep", .6}}, network) < 1e-7);
      QVERIFY(mistake("atlas", input, json::object(), network) < 1e-7);
      input["coefficients"] = lists;
      QVERIFY(mistake("atlas", input, {{"partitions", 2}}, network) < 1e-7);
    }
  }

  void surgeryWithoutBChangesNothing() {
    auto input = inputOf("surgery", 3, 2);
    for (auto& up : input["up"])
      for (auto& row : up)
        for (auto& number : row) number = 0;
    QVERIFY(distance(computed("surgery", input)["corrected"], input["representations"]) == 0);
  }

  void surgeryAgainstDifferences() {
    const auto input = inputOf("surgery", 2, 5);
    const auto answer = computed("surgery", input);
    for (const std::string field : {"down", "up"})
      eachNumber(input[field], json::json_pointer(), [&](const json::json_pointer& place) {
        const auto loss = [&](double step) {
          auto moved = input;
          moved[field][place] = moved[field][place].get<double>() + step;
          return computed("surgery", moved)["losses"][std::stoul(place.to_string().substr(1))]
              .get<double>();
        };
        const double slope = (loss(1e-6) - loss(-1e-6)) / 2e-6;
        QVERIFY(std::abs(slope - answer[field + "_gradients"].at(place).get<double>()) < 1e-8);
      });
  }

  /// KL(P̃(α) ‖ P_L) is the target, where that is within reach.
  void fusionReachesItsTarget() {
    int reached = 0;
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
      const auto input = inputOf("logits_fusion", 1, seed);
      const auto answer = computed("logits_fusion", input, {{"maximum", 10}});
      for (size_t n = 0; n < 3; ++n) {
        if (answer["alpha"][n][0] == 10.) continue;
        const auto p = answer["probabilities"][n].get<std::vector<double>>();
        const auto large = input["large"][n].get<std::vector<double>>();
        double sum = 0, kl = 0;
        for (const double z : large) sum += std::exp(z);
        for (size_t c = 0; c < p.size(); ++c)
          kl += p[c] * (std::log(p[c]) - large[c] + std::log(sum));
        QVERIFY(std::abs(kl - answer["targets"][n][0].get<double>()) < 1e-12);
        ++reached;
      }
    }
    QVERIFY(reached > 10);
  }
};

EQUIPOISE_TEST(TestMergeGradients)
#include "tst_merge_gradients.moc"
