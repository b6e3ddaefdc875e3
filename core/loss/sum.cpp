#include "core/loss/sum.h"

#include <ATen/TensorOperators.h>

#include "core/base/error.h"
#include "core/loss/row.h"
#include "core/loss/wrapper.h"

namespace eq::loss {
namespace {

class Sum : public Loss {
 public:
  explicit Sum(const Parameters& parameters) {
    const auto& terms = parameters.at("terms");
    if (terms.empty()) fail("sum.terms: needs at least one term, found none");
    for (size_t i = 0; i < terms.size(); ++i) {
      const auto path = fmt::format("sum.terms[{}]", i);
      const auto nested = nestedLoss(terms[i], path, {"weight"});
      const auto weight = terms[i].value("weight", nlohmann::json(1.0));
      eq::check(ParameterSpec::number("weight", 1, ""), weight, path + ".weight");
      terms_.push_back({weight.get<double>(), nested.make(path)});
    }
  }

  void check(const Batch& batch) const override {
    for (const auto& term : terms_) term.loss->check(batch);
  }

  Value evaluate(const Batch& batch, bool perSample) const override {
    Value total;
    bool samples = true, allValid = false;
    for (const auto& term : terms_) {
      const auto one = term.loss->evaluate(batch, perSample);
      total.value = sumOf(total.value, one.value * term.weight);
      samples = samples && one.perSample.defined();
      if (samples) total.perSample = sumOf(total.perSample, one.perSample * term.weight);
      allValid = allValid || !one.valid.defined();
      if (!allValid) total.valid = total.valid.defined() ? total.valid | one.valid : one.valid;
    }
    if (!samples) total.perSample = at::Tensor();
    if (allValid) total.valid = at::Tensor();
    return total;
  }

 private:
  struct Term {
    double weight;
    std::shared_ptr<const Loss> loss;
  };

  static at::Tensor sumOf(const at::Tensor& sum, const at::Tensor& term) {
    return sum.defined() ? sum + term : term;
  }

  std::vector<Term> terms_;
};

}  // namespace

CatalogRow<Loss> sumRow() {
  auto descriptor = wrapperDescriptor("sum");
  descriptor.title = "Weighted sum";
  descriptor.summary = "Several losses on one task at once.";
  descriptor.formula = "Σ_j λ_j L_j";
  descriptor.citation = "None needed";
  descriptor.traits = nlohmann::json::object();
  descriptor.parameters = {
      ParameterSpec::objectList("terms", nlohmann::json::array(),
                                "The terms: {\"id\", \"weight\": 1, \"params\": {}}")
          .needed()};
  return rowOf<Sum>(descriptor);
}

}  // namespace eq::loss
