#include "core/data/funnel.h"

#include <cmath>
#include <map>
#include <set>

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/tensor.h>

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/data/compared/shop_log.h"
#include "core/data/compared_tasks.h"
#include "core/data/problem.h"
#include "core/data/views.h"

namespace eq::data {
namespace {

constexpr std::int64_t kMostShown = std::int64_t{1} << 24;

double shareOf(double logit) {
  return 1 / (1 + std::exp(-logit));
}

/// Offsets of the log-odds, and how soon attention falls down the list.
struct Shop {
  double clicks = 0, purchases = 0;
  double bias = 0;

  double look(const ShownItem& item) const {
    return std::pow(static_cast<double>(item.position), -bias);
  }
  double click(const ShownItem& item) const { return shareOf(clicks + appealOf(item)); }
  double purchase(const ShownItem& item) const { return shareOf(purchases + urgeOf(item)); }
};

Shop shopOf(const Parameters& parameters, const std::vector<ShownItem>& items) {
  std::vector<double> appeals, urges;
  for (const auto& item : items) {
    appeals.push_back(appealOf(item));
    urges.push_back(urgeOf(item));
  }
  Shop shop;
  shop.bias = parameters.number("bias");
  std::vector<double> weights(items.size(), 1);
  shop.clicks = offsetFor(appeals, weights, parameters.number("click_rate"));
  for (size_t i = 0; i < items.size(); ++i) weights[i] = shop.click(items[i]);
  shop.purchases = offsetFor(urges, weights, parameters.number("purchase_rate"));
  return shop;
}

/// The columns of a split, one number an item.
struct FunnelColumns {
  std::vector<float> clicked, bought, bid, look, click, purchase, propensity;
  std::vector<std::int64_t> stage, list;

  void add(const ShownItem& item, const Shop& shop) {
    const double chances[] = {shop.look(item), shop.click(item), shop.purchase(item)};
    std::int64_t reached = 0;
    while (reached < 3 && item.draws[static_cast<size_t>(reached)] < chances[reached]) ++reached;
    clicked.push_back(reached >= 2 ? 1 : 0);
    bought.push_back(reached >= 3 ? 1 : 0);
    stage.push_back(std::max<std::int64_t>(0, reached - 1));
    list.push_back(item.list);
    bid.push_back(static_cast<float>(item.bid));
    look.push_back(static_cast<float>(chances[0]));
    click.push_back(static_cast<float>(chances[1]));
    purchase.push_back(static_cast<float>(chances[2]));
    propensity.push_back(static_cast<float>(treatmentChance(item)));
  }

  /// 1 / the chance of a look for what came this far, and 1 for the others.
  std::vector<float> weightsOf(const std::vector<float>& happened) const {
    std::vector<float> weights;
    for (size_t i = 0; i < happened.size(); ++i)
      weights.push_back(happened[i] > 0 ? 1 / look[i] : 1);
    return weights;
  }

  std::map<std::string, at::Tensor> fieldsOf(const std::vector<float>& happened) const {
    return {{"group", at::tensor(list, at::kLong)}, {"bid", at::tensor(bid)},
            {"propensity", at::tensor(propensity)}, {"weight", at::tensor(weightsOf(happened))},
            {kLookChance, at::tensor(look)},        {kClickChance, at::tensor(click)},
            {kPurchaseChance, at::tensor(purchase)}};
  }
};

class Funnel : public Dataset {
 public:
  explicit Funnel(const Parameters& parameters) : parameters_(parameters) {
    std::set<std::string> names;
    for (const char* list : {"clicks", "purchases", "stages"}) {
      if (parameters.at(list) == nlohmann::json::array()) continue;
      names_[list] = comparedNames(parameters, list);
      for (const auto& name : names_[list])
        if (!names.insert(name).second)
          fail("data.{}: \"{}\" is the name of another task already; give each its own", list,
               name);
    }
    if (names.empty())
      fail("data.clicks: name at least one task, here or in data.purchases or data.stages");
  }

  Problem load(std::uint64_t seed) const override {
    const auto training = shown("lists", seed);
    auto shop = shopOf(parameters_, training);
    Problem problem;
    problem.augmentation = augmentationOf(parameters_, false);
    problem.inputShape = {kItemFeatures};
    for (std::int64_t i = 1; i <= kItemFeatures; ++i)
      problem.inputs.push_back({fmt::format("x{}", i), 0, 1});
    addTasks(problem);
    problem.train = makeSplit(training, shop);
    const bool logged = parameters_.text("validation") == "logged";
    auto looking = shop;
    looking.bias = 0;
    problem.validation = makeSplit(shown("validation_lists", seed), logged ? shop : looking);
    problem.test = makeSplit(shown("test_lists", seed), looking);
    return problem;
  }

 private:
  std::vector<ShownItem> shown(const char* lists, std::uint64_t seed) const {
    const auto count = parameters_.integer(lists), items = parameters_.integer("items");
    if (count > kMostShown / items)
      fail("data.{}: {} lists of {} items are more than {} rows; ask for fewer", lists, count,
           items, kMostShown);
    return showLists(count, items, deriveSeed(seed, lists));
  }

  const std::vector<std::string>& named(const std::string& list) const {
    static const std::vector<std::string> none;
    const auto found = names_.find(list);
    return found == names_.end() ? none : found->second;
  }

  void addTasks(Problem& problem) const {
    const std::vector<std::string> brought{"bid", "group", "propensity", "weight"};
    for (const char* list : {"clicks", "purchases"})
      for (const auto& name : named(list))
        problem.tasks.push_back({name, TaskKind::binary, 1, {}, "", {}, brought});
    for (const auto& name : named("stages"))
      problem.tasks.push_back(
          {name, TaskKind::ordinal, 3, {"shown", "clicked", "bought"}, "", {}, brought});
  }

  Split makeSplit(const std::vector<ShownItem>& items, const Shop& shop) const {
    auto inputs = at::empty({std::ssize(items), kItemFeatures}, at::kFloat);
    float* input = inputs.mutable_data_ptr<float>();
    FunnelColumns columns;
    for (const auto& item : items) {
      for (const double value : item.x) *input++ = static_cast<float>(value);
      columns.add(item, shop);
    }
    Split split{inputs, {}, {}, {}};
    const auto add = [&](const char* list, const at::Tensor& target,
                         const std::vector<float>& happened) {
      for (size_t i = 0; i < named(list).size(); ++i) {
        split.targets.push_back(target);
        split.fields.push_back(columns.fieldsOf(happened));
      }
    };
    add("clicks", at::tensor(columns.clicked), columns.clicked);
    add("purchases", at::tensor(columns.bought), columns.bought);
    add("stages", at::tensor(columns.stage, at::kLong), columns.clicked);
    split.masks.resize(split.targets.size());
    return split;
  }

  Parameters parameters_;
  std::map<std::string, std::vector<std::string>> names_;  ///< by the parameter that names them
};

/// Names of tasks with one of the three targets; may be [].
ParameterSpec namesOf(const char* parameter, const nlohmann::json& usual, const char* target) {
  auto spec = comparedTasks("");
  spec.name = parameter;
  spec.doc = fmt::format(
      "Names of the tasks whose target is {}, so that each can be given another "
      "loss; may be []",
      target);
  spec.defaultValue = usual;
  return spec;
}

std::vector<ParameterSpec> funnelParameters() {
  using Names = std::vector<std::string>;
  return {
      namesOf("clicks", Names{"click"}, "whether the item was clicked"),
      namesOf("purchases", Names{"purchase"}, "whether it was bought"),
      namesOf("stages", Names{}, "how far it came: 0 shown, 1 clicked, 2 bought"),
      ParameterSpec::integer("lists", 60, "Lists in the training log").from(2).to(1e6),
      ParameterSpec::integer("validation_lists", 30, "Lists to validate on").from(1).to(1e6),
      ParameterSpec::integer("test_lists", 30, "Lists to test on").from(1).to(1e6),
      ParameterSpec::integer("items", 100,
                             "Items in each list. Batches are drawn item by item, so that a loss "
                             "over lists sees a part of each; large batches see more")
          .from(2)
          .to(10000),
      ParameterSpec::number("click_rate", 0.3, "Share of the items looked at that is clicked")
          .above(0)
          .below(1),
      ParameterSpec::number("purchase_rate", 0.15, "Share of the items clicked that is bought")
          .above(0)
          .below(1),
      ParameterSpec::number("bias", 0.5,
                            "How soon attention falls: the item at position p is looked at with "
                            "probability p^−bias; 0: all are")
          .from(0)
          .to(5),
      ParameterSpec::choice("validation", "all_seen", {"all_seen", "logged"},
                            "What the validation lists tell: clicks of people who look at every "
                            "item; or a log like that of the training, as in practice. Those of "
                            "the test are looked at in both"),
  };
}

}  // namespace

CatalogRow<Dataset, const Setting&> funnelRow() {
  Descriptor descriptor;
  descriptor.id = "funnel";
  descriptor.title = "Click and purchase funnel";
  descriptor.summary =
      "A made-up shop's log of lists: what stands low is hardly seen, few items are clicked, fewer "
      "bought. In validation and test people look at all of them, and every chance is known.";
  descriptor.formula =
      "look ~ p^−bias, click ~ σ(b + u), purchase ~ σ(c + 0.7u + x5 − x7), u = x1 + x2 x3 + x4/2; "
      "lists were sorted by x1/2 + x6 + noise. weight = 1 / P(look) of what was clicked (bought), "
      "1 of the rest; propensity = P(treatment | x) = σ(1.4 x6); group = list";
  descriptor.citation =
      "T. Joachims, A. Swaminathan, T. Schnabel, Unbiased Learning-to-Rank with Biased Feedback, "
      "WSDM 2017; X. Ma et al., Entire Space Multi-Task Model, SIGIR 2018";
  descriptor.parameters = withViews(funnelParameters(), {0.1, 0.1, 0}, false);
  descriptor.taskKinds = {TaskKind::binary, TaskKind::ordinal};
  descriptor.traits = {{"tasks_from", {"clicks", "purchases", "stages"}}};
  return {descriptor, [](const Parameters& parameters, const Setting&) {
            return std::make_unique<Funnel>(parameters);
          }};
}

}  // namespace eq::data
