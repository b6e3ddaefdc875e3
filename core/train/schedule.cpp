#include "core/train/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace eq::train {
namespace {

/// A schedule after a linear rise from 0 over the first steps.
class WarmedUp : public Schedule {
 public:
  explicit WarmedUp(const Parameters& parameters) : warmup_(parameters.integer("warmup_steps")) {}

  double factor(std::int64_t step, std::int64_t total) const final {
    if (step < warmup_) return static_cast<double>(step + 1) / static_cast<double>(warmup_ + 1);
    return after(step - warmup_, std::max<std::int64_t>(total - warmup_, 1));
  }

 private:
  virtual double after(std::int64_t step, std::int64_t total) const = 0;
  std::int64_t warmup_;
};

class Constant : public WarmedUp {
 public:
  using WarmedUp::WarmedUp;

 private:
  double after(std::int64_t, std::int64_t) const override { return 1; }
};

class StepDecay : public WarmedUp {
 public:
  explicit StepDecay(const Parameters& parameters)
      : WarmedUp(parameters),
        every_(parameters.integer("every")),
        factor_(parameters.number("factor")) {}

 private:
  double after(std::int64_t step, std::int64_t) const override {
    return std::pow(factor_, static_cast<double>(step / every_));
  }
  std::int64_t every_;
  double factor_;
};

class Cosine : public WarmedUp {
 public:
  explicit Cosine(const Parameters& parameters)
      : WarmedUp(parameters), floor_(parameters.number("floor")) {}

 private:
  double after(std::int64_t step, std::int64_t total) const override {
    const double part = std::min(1.0, static_cast<double>(step) / static_cast<double>(total));
    return floor_ + (1 - floor_) * 0.5 * (1 + std::cos(std::numbers::pi * part));
  }
  double floor_;
};

Descriptor describe(const std::string& id, const std::string& title, const std::string& summary,
                    const std::string& formula) {
  Descriptor descriptor;
  descriptor.id = id;
  descriptor.title = title;
  descriptor.summary = summary;
  descriptor.formula = formula;
  descriptor.citation = "Standard";
  descriptor.parameters = {
      ParameterSpec::integer("warmup_steps", 0, "Linear rise from 0 over this many steps first")
          .from(0)
          .in("steps")};
  return descriptor;
}

template <typename Kind>
CatalogRow<Schedule> row(const Descriptor& descriptor) {
  return {descriptor,
          [](const Parameters& parameters) { return std::make_unique<Kind>(parameters); }};
}

CatalogRow<Schedule> warmupRow() {
  auto descriptor = describe("warmup", "Warm-up", "Rises linearly to the base rate, then stays.",
                             "η min(1, (t+1)/(n+1))");
  descriptor.parameters[0].defaultValue = 500;
  return row<Constant>(descriptor);
}

CatalogRow<Schedule> stepRow() {
  auto descriptor =
      describe("step", "Steps", "Drops by a factor at every n-th step.", "η factor^⌊t/every⌋");
  descriptor.parameters.push_back(
      ParameterSpec::integer("every", 1000, "Steps between two drops").from(1).in("steps"));
  descriptor.parameters.push_back(
      ParameterSpec::number("factor", 0.5, "Factor of each drop").above(0).to(1));
  return row<StepDecay>(descriptor);
}

CatalogRow<Schedule> cosineRow() {
  auto descriptor =
      describe("cosine", "Cosine", "Falls along half a cosine to a floor at the end of the run.",
               "η (floor + (1 − floor)(1 + cos(π t/T))/2)");
  descriptor.citation = "Loshchilov and Hutter, SGDR, ICLR 2017";
  descriptor.parameters.push_back(
      ParameterSpec::number("floor", 0, "Share of the base rate that is left at the end")
          .from(0)
          .to(1));
  return row<Cosine>(descriptor);
}

}  // namespace

const Catalog<Schedule>& schedules() {
  static const Catalog<Schedule> table(
      "schedule",
      {row<Constant>(describe("constant", "Constant", "The base rate throughout.", "η")), stepRow(),
       cosineRow(), warmupRow()});
  return table;
}

}  // namespace eq::train
