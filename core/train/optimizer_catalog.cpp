#include "core/train/optimizer_catalog.h"

#include <ATen/ops/_fused_adam.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/_fused_sgd.h>

#include "core/train/experiment.h"
#include "core/train/optimizer.h"

namespace eq::train {
namespace {

using Buffer = model::ParameterBuffer;
using Row = CatalogRow<Optimizer, const Buffer&>;

class Sgd : public Optimizer {
 public:
  Sgd(const Parameters& parameters, const Buffer& buffer)
      : Optimizer(buffer, parameters.number("momentum") > 0 ? std::vector<std::string>{"momentum"}
                                                            : std::vector<std::string>{}),
        momentum_(parameters.number("momentum")),
        decay_(parameters.number("weight_decay")),
        nesterov_(parameters.boolean("nesterov") && momentum_ > 0) {}

 private:
  void apply(const Lists& lists, double rate, bool decays, const at::Tensor& skip) override {
    // The buffers start at zero, so the first step needs no case of its own.
    const std::vector<at::Tensor> momenta =
        lists.moments.empty() ? std::vector<at::Tensor>{} : lists.moments[0];
    at::_fused_sgd_(lists.parameters, lists.gradients, momenta, decays ? decay_ : 0, momentum_,
                    rate,
                    /*dampening=*/0, nesterov_,
                    /*maximize=*/false, /*is_first_step=*/false, {}, skip);
  }

  double momentum_, decay_;
  bool nesterov_;
};

class Adam : public Optimizer {
 public:
  Adam(const Parameters& parameters, const Buffer& buffer, bool decoupled)
      : Optimizer(buffer, {"mean", "square"}),
        beta1_(parameters.number("beta1")),
        beta2_(parameters.number("beta2")),
        epsilon_(parameters.number("epsilon")),
        decay_(parameters.number("weight_decay")),
        decoupled_(decoupled) {}

 private:
  void apply(const Lists& lists, double rate, bool decays, const at::Tensor& skip) override {
    const auto kernel = decoupled_ ? decoupledKernel : coupledKernel;
    kernel(lists.parameters, lists.gradients, lists.moments[0], lists.moments[1], {}, lists.steps,
           rate, beta1_, beta2_, decays ? decay_ : 0, epsilon_, /*amsgrad=*/false,
           /*maximize=*/false, {}, skip);
  }

  using Kernel = void (*)(at::TensorList, at::TensorList, at::TensorList, at::TensorList,
                          at::TensorList, at::TensorList, double, double, double, double, double,
                          bool, bool, const std::optional<at::Tensor>&,
                          const std::optional<at::Tensor>&);
  static constexpr Kernel coupledKernel = at::_fused_adam_;
  static constexpr Kernel decoupledKernel = at::_fused_adamw_;

  double beta1_, beta2_, epsilon_, decay_;
  bool decoupled_;
};

ParameterSpec rate(double standard) {
  return ParameterSpec::number("lr", standard, "Base learning rate; the schedule multiplies it")
      .above(0)
      .to(1e30);
}

ParameterSpec decay(double standard, const std::string& doc) {
  return ParameterSpec::number("weight_decay", standard, doc).from(0);
}

Row sgdRow() {
  Descriptor descriptor;
  descriptor.id = "sgd";
  descriptor.title = "SGD";
  descriptor.summary = "Stochastic gradient descent with momentum.";
  descriptor.formula = "v ← μ v + g + λθ; θ ← θ − η v";
  descriptor.citation =
      "Sutskever et al., On the importance of initialization and momentum, ICML 2013";
  descriptor.parameters = {
      rate(0.01),
      ParameterSpec::number("momentum", 0.9, "Share of the former step").from(0).below(1),
      ParameterSpec::boolean("nesterov", false, "Look ahead along the momentum"),
      decay(0, "Added to the gradient")};
  return {descriptor,
          [](const Parameters& parameters, const Buffer& buffer) -> std::unique_ptr<Optimizer> {
            return std::make_unique<Sgd>(parameters, buffer);
          }};
}

Row adamRow(const std::string& id, const std::string& title, const std::string& summary,
            const std::string& citation, bool decoupled) {
  Descriptor descriptor;
  descriptor.id = id;
  descriptor.title = title;
  descriptor.summary = summary;
  descriptor.formula =
      decoupled ? "θ ← (1 − ηλ) θ − η m̂ / (√v̂ + ε)" : "g ← g + λθ; θ ← θ − η m̂ / (√v̂ + ε)";
  descriptor.citation = citation;
  descriptor.parameters = {
      rate(0.001),
      ParameterSpec::number("beta1", 0.9, "Decay of the mean of gradients").from(0).below(1),
      ParameterSpec::number("beta2", 0.999, "Decay of the mean of their squares").from(0).below(1),
      ParameterSpec::number("epsilon", 1e-8, "Added to the root of the mean square").above(0),
      decoupled ? decay(0.01, "Shrinks the parameters, apart from the gradient")
                : decay(0, "Added to the gradient")};
  return {descriptor,
          [decoupled](const Parameters& parameters,
                      const Buffer& buffer) -> std::unique_ptr<Optimizer> {
            return std::make_unique<Adam>(parameters, buffer, decoupled);
          }};
}

}  // namespace

const Catalog<Optimizer, const Buffer&>& optimizers() {
  static const Catalog<Optimizer, const Buffer&> table(
      "optimizer",
      {sgdRow(),
       adamRow("adam", "Adam", "Steps scaled by running means of the gradient and its square.",
               "Kingma and Ba, Adam, ICLR 2015", false),
       adamRow("adamw", "AdamW", "Adam with weight decay apart from the gradient.",
               "Loshchilov and Hutter, Decoupled Weight Decay Regularization, ICLR 2019", true)});
  return table;
}

double baseRate(const MethodSpec& optimizer) {
  return Parameters(optimizers().descriptor(optimizer.id).parameters, optimizer.params, "optimizer")
      .number("lr");
}

}  // namespace eq::train
