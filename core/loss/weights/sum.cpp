#include "core/loss/weights/sum.h"

#include <algorithm>
#include <map>

#include <ATen/TensorOperators.h>

#include "core/base/error.h"
#include "core/loss/nesting.h"
#include "core/loss/not_integers.h"
#include "core/loss/row.h"
#include "core/loss/weights/wrapper.h"

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
      terms_.push_back({nested.id, weight.get<double>(), nested.make(path)});
    }
  }

  void check(const Batch& batch) const override {
    for (size_t i = 0; i < terms_.size(); ++i)
      check(terms_[i], fmt::format("sum.terms[{}]: ", i), batch);
  }

  Value evaluate(const Batch& batch, bool perSample) const override {
    Value total;
    bool samples = true, allValid = false;
    for (const auto& term : terms_) {
      const auto one = term.loss->evaluate(seenBy(term, batch), perSample);
      total.terms.push_back(one.value * term.weight);
      total.value = sumOf(total.value, total.terms.back());
      samples = samples && one.perSample.defined() && alike(total.perSample, one.perSample);
      if (samples) total.perSample = sumOf(total.perSample, one.perSample * term.weight);
      allValid = allValid || !one.valid.defined() || !alike(total.valid, one.valid);
      if (!allValid) total.valid = total.valid.defined() ? total.valid | one.valid : one.valid;
    }
    if (!samples) total.perSample = at::Tensor();
    if (allValid) total.valid = at::Tensor();
    return total;
  }

  /// The ids; of several terms with one id, with a number.
  std::vector<std::string> terms() const override {
    std::map<std::string, int> count;
    std::vector<std::string> names;
    for (const auto& term : terms_) {
      const int number = ++count[term.id];
      names.push_back(number == 1 ? term.id : fmt::format("{} {}", term.id, number));
    }
    return names;
  }

  /// One a layer: terms that read the same layer share it.
  std::vector<Readout> readouts(const TaskInfo& task) const override {
    std::vector<Readout> all;
    for (const auto& term : terms_)
      for (const auto& wanted : term.loss->readouts(task)) {
        const auto known = std::find_if(all.begin(), all.end(), [&](const Readout& one) {
          return one.name() == wanted.name();
        });
        if (known == all.end()) {
          all.push_back(wanted);
          continue;
        }
        known->fields.insert(known->fields.end(), wanted.fields.begin(), wanted.fields.end());
        if (wanted.views.any()) known->views = wanted.views;
      }
    return all;
  }

  /// By the first term that can.
  at::Tensor decode(const Batch& batch) const override {
    for (const auto& term : terms_) {
      auto decoded = term.loss->decode(seenBy(term, batch));
      if (decoded.defined()) return decoded;
    }
    return {};
  }

 private:
  struct Term {
    std::string id;
    double weight;
    std::shared_ptr<const Loss> loss;
  };

  static void check(const Term& term, const std::string& place, const Batch& batch) {
    try {
      term.loss->check(seenBy(term, batch));
    } catch (const NotIntegers& mistake) {
      throw mistake.under(place);
    } catch (const Error& error) {
      throw Error(place + error.what(), error.kind(), error.context());
    }
  }

  /// In a run the prediction is that of the term's own readout.
  static Batch seenBy(const Term& term, const Batch& batch) {
    if (!batch.task) return batch;
    const auto own = batch.field(furtherReadout(term.loss->readouts(*batch.task).front().name()));
    if (!own.defined()) return batch;
    Batch seen = batch;
    seen.prediction = own;
    return seen;
  }

  /// Terms may differ in what a sample is: a row of tokens, or each of them.
  static bool alike(const at::Tensor& sum, const at::Tensor& term) {
    return !sum.defined() || sum.sizes() == term.sizes();
  }
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
