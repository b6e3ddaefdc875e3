#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/group_norm.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/where.h>
#include <torch/csrc/autograd/autograd.h>

#include <QTest>

#include <cmath>
#include <functional>
#include <map>

#include "core/model/layers.h"
#include "core/model/residual.h"
#include "tests/registry.h"

using namespace eq::model;
using Shape = std::vector<std::int64_t>;

namespace {

at::Tensor randomNumbers(Shape shape, std::uint64_t seed, at::ScalarType type = at::kDouble) {
  auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  return at::randn(shape, generator, at::TensorOptions().dtype(at::kDouble)).to(type);
}

/// What the way down found, by parameter, [K, numbers].
class Collected : public ParameterSink {
 public:
  void losses(const std::vector<std::int64_t>&) override {}
  void linear(size_t weight, size_t bias, const at::Tensor& input,
              const at::Tensor& outputs) override {
    formed(weight, outputs.transpose(1, 2).matmul(input));
    formed(bias, outputs.sum(1));
  }
  void formed(size_t parameter, const at::Tensor& rows) override {
    auto& all = found_[parameter];
    all = all.defined() ? all + rows.flatten(1) : rows.flatten(1);
  }
  const std::map<size_t, at::Tensor>& found() const { return found_; }

 private:
  std::map<size_t, at::Tensor> found_;
};

/// A layer with numbers of its own that are far from their first ones.
struct Subject {
  ParameterBuffer parameters;
  std::unique_ptr<Layer> layer;
  Shape input;
};

using Maker = std::function<std::unique_ptr<Layer>(LayerFactory&)>;

struct Kind {
  const char* name;
  Maker make;
  Shape input;  ///< of one example
};

std::unique_ptr<Layer> block(LayerFactory& factory, bool shortcut) {
  Sequence branch, across;
  branch.add(factory.groupNorm("norm", 4, 2, Block()));
  branch.add(factory.convolution("conv", 4, shortcut ? 6 : 4, 3, shortcut ? 2 : 1, Block()));
  if (shortcut) across.add(factory.convolution("across", 4, 6, 1, 2, Block()));
  return std::make_unique<Residual>(std::move(branch), std::move(across));
}

std::vector<Kind> kinds() {
  using F = LayerFactory;
  const auto attends = [](const char* form) {
    return [form](F& f) { return f.attention("a", 6, 3, form, Block()); };
  };
  return {
      {"full layer of tokens", [](F& f) { return f.linear("l", 6, 5, Block()); }, {7, 6}},
      {"convolution", [](F& f) { return f.convolution("c", 3, 5, 3, 1, Block()); }, {3, 5, 6}},
      {"strided", [](F& f) { return f.convolution("c", 3, 5, 3, 2, Block()); }, {3, 5, 6}},
      {"shortcut", [](F& f) { return f.convolution("c", 3, 5, 1, 2, Block()); }, {3, 5, 7}},
      {"one group", [](F& f) { return f.groupNorm("n", 4, 1, Block()); }, {4, 3, 5}},
      {"two groups", [](F& f) { return f.groupNorm("n", 6, 2, Block()); }, {6, 5, 7}},
      {"a group a channel", [](F& f) { return f.groupNorm("n", 3, 3, Block()); }, {3, 4, 4}},
      {"layer norm", [](F& f) { return f.layerNorm("n", 37, Block()); }, {5, 37}},
      {"softmax", attends("softmax"), {5, 6}},
      {"one token", attends("softmax"), {1, 6}},
      {"linear", attends("linear"), {5, 6}},
      {"columns", [](F& f) { return f.columns("e", 5, 6, Block()); }, {5}},
      {"positions", [](F& f) { return f.positions("e", 5, 6, Block()); }, {5, 6}},
      {"patches", [](F& f) { return f.patches(2); }, {3, 4, 6}},
      {"mean over places", [](F& f) { return f.meanOverPlaces(); }, {3, 4, 5}},
      {"mean over tokens", [](F& f) { return f.meanOverTokens(); }, {5, 6}},
      {"residual", [](F& f) { return block(f, false); }, {4, 5, 6}},
      {"residual with a shortcut", [](F& f) { return block(f, true); }, {4, 5, 6}},
      {"residual of nothing", [](F&) { return std::make_unique<Residual>(Sequence()); }, {4, 5}},
  };
}

Subject subjectOf(const Kind& kind, at::ScalarType type = at::kDouble) {
  Subject subject;
  LayerFactory factory(subject.parameters, 3);
  subject.layer = kind.make(factory);
  subject.input = kind.input;
  subject.parameters.allocate(type);
  const at::NoGradGuard noGradients;
  const auto& values = subject.parameters.values();
  values.add_(randomNumbers({values.numel()}, 11, type), 0.3);
  return subject;
}

/// \param scale what the error is a share of; 0: the largest that is expected.
double error(const at::Tensor& found, const at::Tensor& expected, double scale = 0) {
  if (!found.sizes().equals(expected.sizes())) return 1e9;
  if (expected.numel() == 0) return 0;
  if (scale == 0) scale = expected.abs().max().item<double>();
  return (found - expected).abs().max().item<double>() / (scale > 0 ? scale : 1);
}

}  // namespace

class TestBlockLayers : public QObject {
  Q_OBJECT

  static void addKinds() {
    QTest::addColumn<int>("kind");
    const auto all = kinds();
    for (size_t i = 0; i < all.size(); ++i) QTest::newRow(all[i].name) << static_cast<int>(i);
  }
  static Kind fetchKind() {
    QFETCH(int, kind);
    return kinds().at(static_cast<size_t>(kind));
  }

  /// Gradients of <D_k, layer(x)> in the parameters and in x, one task after the other.
  static void compare(const Subject& subject, std::int64_t batch, std::int64_t tasks, bool kernels,
                      double tolerance) {
    const auto& parameters = subject.parameters;
    const auto type = parameters.values().numel() ? parameters.values().scalar_type() : at::kDouble;
    auto shape = subject.input;
    shape.insert(shape.begin(), batch);
    const auto input = randomNumbers(shape, 5, type).requires_grad_();
    const auto output = subject.layer->forward(input, parameters, {}, nullptr);
    shape = output.sizes().vec();
    shape.insert(shape.begin(), tasks);
    const auto outputs = randomNumbers(shape, 6, type);

    const at::NoGradGuard noGradients;
    Tape tape;
    const auto again = forwardTraced(*subject.layer, input, parameters, {}, &tape);
    QVERIFY(again.equal(output));
    Collected all, withoutInputs;
    const auto below = subject.layer->back(tape[0], outputs, {parameters, all, kernels}, true);
    QVERIFY(below.is_contiguous());
    const auto none =
        subject.layer->back(tape[0], outputs, {parameters, withoutInputs, kernels}, false);
    std::vector<at::Tensor> wanted{input};
    for (const auto index : parameters.indices(kTrunk)) wanted.push_back(parameters.tensor(index));
    for (std::int64_t k = 0; k < tasks; ++k) {
      const auto expected = torch::autograd::grad({output}, wanted, {outputs[k]}, true);
      QVERIFY(error(below[k], expected[0]) < tolerance);
      double most = 0;  // a gradient may be 0 by its nature, as that of the keys' biases
      for (const auto& one : expected) most = std::max(most, one.abs().max().item<double>());
      for (size_t i = 0; i + 1 < wanted.size(); ++i)
        for (const auto* sink : {&all, &withoutInputs})
          QVERIFY(error(sink->found().at(i)[k], expected[i + 1].flatten(), most) < tolerance);
    }
  }

 private Q_SLOTS:
  /// Of K losses at once, as autograd finds them one after the other, for each kind of layer.
  void productsAreThoseOfAutograd_data() { addKinds(); }
  void productsAreThoseOfAutograd() {
    const auto kind = fetchKind();
    for (const bool kernels : {true, false})
      for (const std::int64_t tasks : {1, 2, 8})
        for (const std::int64_t batch : {1, 3, 70}) {
          compare(subjectOf(kind), batch, tasks, kernels, 1e-11);
          compare(subjectOf(kind, at::kFloat), batch, tasks, kernels, 2e-5);
          if (QTest::currentTestFailed()) return;
        }
  }

  void normalisationsArePyTorchs() {
    const auto maps = randomNumbers({3, 6, 4, 5}, 1);
    const auto groups =
        subjectOf({"", [](LayerFactory& f) { return f.groupNorm("n", 6, 3, Block()); }, {}});
    const auto& g = groups.parameters;
    QVERIFY(error(groups.layer->forward(maps, g, {}, nullptr),
                  at::relu(at::group_norm(maps, 3, g.tensor(0), g.tensor(1)))) < 1e-14);
    const auto tokens = randomNumbers({3, 4, 6}, 1);
    const auto layer =
        subjectOf({"", [](LayerFactory& f) { return f.layerNorm("n", 6, Block()); }, {}});
    const auto& l = layer.parameters;
    QVERIFY(error(layer.layer->forward(tokens, l, {}, nullptr),
                  at::layer_norm(tokens, {6}, l.tensor(0), l.tensor(1))) < 1e-14);
  }

  /// Softmax attention against PyTorch's own, linear attention against its formula, head by head.
  void attentionIsThatOfTheFormula_data() {
    QTest::addColumn<QString>("form");
    QTest::newRow("softmax") << "softmax";
    QTest::newRow("linear") << "linear";
  }
  void attentionIsThatOfTheFormula() {
    QFETCH(QString, form);
    const auto subject = subjectOf(
        {"",
         [&](LayerFactory& f) { return f.attention("a", 6, 2, form.toStdString(), Block()); },
         {}});
    const auto& p = subject.parameters;
    const auto tokens = randomNumbers({3, 5, 6}, 1);
    const auto projected = [&](size_t i) {
      return at::linear(tokens, p.tensor(2 * i), p.tensor(2 * i + 1));
    };
    std::vector<at::Tensor> heads;
    for (std::int64_t head = 0; head < 2; ++head) {
      const auto part = [&](size_t i) { return projected(i).narrow(2, 3 * head, 3); };
      const auto feature = [](const at::Tensor& x) { return at::where(x > 0, x + 1, x.exp()); };
      if (form == "softmax") {
        heads.push_back(at::scaled_dot_product_attention(part(0), part(1), part(2)));
        continue;
      }
      const auto weights = feature(part(0)).matmul(feature(part(1)).transpose(1, 2));
      heads.push_back((weights / weights.sum(2, true)).matmul(part(2)));
    }
    const auto expected = at::linear(at::cat(heads, 2), p.tensor(6), p.tensor(7));
    QVERIFY(error(subject.layer->forward(tokens, p, {}, nullptr), expected) < 1e-13);
  }

  /// Squares from left to right and from top to bottom, each with the channels one after the other.
  void patchesAreTheSquaresOfTheImage() {
    const auto image = randomNumbers({2, 3, 4, 6}, 1);
    ParameterBuffer none;
    const auto patches = LayerFactory(none, 1).patches(2)->forward(image, none, {}, nullptr);
    QVERIFY(patches.sizes().equals({2, 6, 12}));
    const auto square = image[1].narrow(1, 2, 2).narrow(2, 4, 2);
    QVERIFY(patches[1][5].equal(square.reshape({12})));
  }

  /// Products of matrices alone, twice as many tokens twice as often; of softmax four times.
  void multiplyAddsAreCounted() {
    const auto countOf = [](const Kind& kind) {
      const auto subject = subjectOf(kind);
      std::int64_t count = 0;
      auto shape = subject.input;
      shape.insert(shape.begin(), 1);
      Pass pass;
      pass.multiplyAdds = &count;
      subject.layer->forward(randomNumbers(shape, 1), subject.parameters, pass, nullptr);
      return count;
    };
    std::map<std::string, std::int64_t> counts;
    for (const auto& kind : kinds()) counts[kind.name] = countOf(kind);
    QCOMPARE(counts["full layer of tokens"], std::int64_t(7 * 6 * 5));
    QCOMPARE(counts["convolution"], std::int64_t(5 * 6 * 5 * 27));
    QCOMPARE(counts["strided"], std::int64_t(3 * 3 * 5 * 27));
    QCOMPARE(counts["shortcut"], std::int64_t(3 * 4 * 5 * 3));
    QCOMPARE(counts["softmax"], std::int64_t(4 * 5 * 36 + 2 * 25 * 6));
    QCOMPARE(counts["linear"], std::int64_t(4 * 5 * 36 + 2 * 5 * 6 * 2));
    QCOMPARE(counts["residual with a shortcut"], std::int64_t(3 * 3 * 6 * (36 + 4)));
    for (const char* without :
         {"two groups", "layer norm", "columns", "positions", "patches", "mean over places"})
      QCOMPARE(counts[without], std::int64_t(0));
  }
};

EQUIPOISE_TEST(TestBlockLayers)
#include "tst_block_layers.moc"
