#include <QTest>

#include "core/base/error.h"
#include "tests/core/merge/merge_support.h"
#include "tests/registry.h"

namespace {

using namespace eq::merge::test;

/// What the method says. \returns empty when it answers.
std::string refusalOf(const std::string& id, const json& input, const json& params) {
  try {
    computed(id, input, params);
    return {};
  } catch (const eq::Error& error) {
    return error.kind() == eq::ErrorKind::user ? error.what() : std::string("not a refusal");
  }
}

/// Base [1, 2] and two experts; a replaced part makes it wrong.
json pair(const char* pointer = "", const json& value = nullptr) {
  json input{{"base", modelOf({1, 2})},
             {"experts", json::array({modelOf({2, 2}), modelOf({1, 3})})}};
  input["fisher"] = json::array({modelOf({1, 1}), modelOf({1, 1})});
  if (*pointer != '\0') input[json::json_pointer(pointer)] = value;
  return input;
}

/// Matrices 2 x 2 with Grams.
json withGrams(const char* pointer = "", const json& value = nullptr) {
  const auto matrix = modelOf({1, 2, 3, 4}, {2, 2});
  const json gram{{"w", json::array({{2, 1}, {1, 2}})}};
  json input{{"experts", json::array({matrix, matrix})}, {"grams", json::array({gram, gram})}};
  for (auto& expert : input["experts"]) expert["b"] = tensorOf({1});
  if (*pointer != '\0') input[json::json_pointer(pointer)] = value;
  return input;
}

/// Input of any method, without one field.
json without(const char* id, const char* field) {
  auto input = inputOf(id, 2, 1);
  input.erase(field);
  return input;
}

json with(const char* id, const char* pointer, const json& value) {
  auto input = inputOf(id, 2, 1);
  input[json::json_pointer(pointer)] = value;
  return input;
}

}  // namespace

Q_DECLARE_METATYPE(nlohmann::json)

/// The sheet's list "Refused", entry by entry: each message begins with the place, in the input or,
/// after the method's id, among the parameters.
class TestMergeRefusals : public QObject {
  Q_OBJECT

  static void add(const char* id, const json& input, const json& params, const char* message) {
    QTest::addRow("%s, %s", id, message) << QString(id) << input << params << QString(message);
  }
  static void add(const char* id, const json& input, const char* message) {
    add(id, input, json::object(), message);
  }
  static void addParameter(const char* id, const json& params, const char* message) {
    add(id, inputOf(id, 2, 1), params, message);
  }

  static void addParameters() {
    addParameter("ties", {{"kep", .2}}, "ties.kep: unknown parameter; known: ");
    addParameter("ties", {{"keep", "a"}}, "ties.keep: expected a number, found \"a\"");
    addParameter("ties", {{"keep", nullptr}}, "ties.keep: expected a number, found null");
    addParameter("ties", {{"keep", 1.5}}, "ties.keep: 1.5 is above 1");
    addParameter("ties", {{"lambda", -10.5}}, "ties.lambda: -10.5 is below -10");
    addParameter("ties", {{"merge", "median"}}, "ties.merge: expected one of mean, sum, max");
    addParameter("ties", json::array(), "ties: expected an object of parameters, found []");
    addParameter("ties", {{"exclude", "head."}}, "ties.exclude: expected a list of texts, found ");
    addParameter("ties", {{"exclude", {1}}}, "ties.exclude: expected a list of texts, found [1]");
    addParameter("dare", {{"drop", 1}}, "dare.drop: 1 is not below 1");
    addParameter("consensus", {{"threshold", 1.5}}, "consensus.threshold: expected an integer");
    addParameter("fork_merge", {{"grid", {.5, .5}}}, "fork_merge.grid[1]: 0.5 must be above");
    addParameter("fork_merge", {{"target", 3}}, "fork_merge.target: expected a list of task names");
    addParameter("adapter_routing", {{"heads", 0}}, "adapter_routing.heads: 0 is below 1");
    addParameter("adapter_routing", {{"heads", 2}},
                 "routing: expected 2 rows, one a head, found 1");
    addParameter("adapter_routing", {{"heads", 3}},
                 "adapter_routing.heads: 3 does not divide the 4");
    addParameter("surgery", {{"inner", {{"id", "no"}}}},
                 "surgery.inner.id: no merge method \"no\"");
    addParameter("surgery", {{"inner", {{"id", "fisher"}}}},
                 "surgery.inner.id: fisher learns from");
    addParameter("surgery", {{"inner", {{"id", "logits_fusion"}}}},
                 "surgery.inner.id: logits_fusion merges no models");
    addParameter("surgery", {{"inner", {{"id", "adapter_routing"}}}},
                 "surgery.inner.id: adapter_routing merges no models");
    addParameter("surgery", {{"inner", {{"id", "ties"}, {"params", {{"keep", 2}}}}}},
                 "surgery.inner.params.keep: 2 is above 1");
    addParameter("surgery", {{"inner", {{"id", "ties"}, {"params", {{"exclude", 2}}}}}},
                 "surgery.inner.params.exclude: expected a list of texts");
    addParameter("atm", {{"merge", {{"id", "ties"}, {"keep", 1}}}}, "atm.merge.keep: unknown key");
    for (const char* id : {"task_arithmetic", "ties", "dare", "pcb", "tall_masks", "consensus",
                           "iso_c", "iso_cts", "tsv_m", "atm"})
      addParameter(id, {{"lambda", "search"}},
                   fmt::format("{}.lambda: \"search\" needs runs", id).c_str());
    addParameter("consensus", {{"mask_lambda", "search"}},
                 "consensus.mask_lambda: \"search\" needs");
    addParameter("weight_average", {{"lambda", "search"}}, "weight_average.lambda: unknown param");
  }

  static void addListsOfOtherLength() {
    addParameter("weight_average", {{"weights", {1}}},
                 "weight_average.weights: expected 2 numbers, one for each expert, found 1");
    addParameter("task_arithmetic", {{"weights", {1, 2, 3}}},
                 "task_arithmetic.weights: expected 2");
    addParameter("fisher", {{"weights", {1}}}, "fisher.weights: expected 2 numbers");
    addParameter("gradient_matching", {{"alpha", {1}}}, "gradient_matching.alpha: expected 2");
    addParameter("gradient_matching", {{"sizes", {1}}}, "gradient_matching.sizes: expected 2");
    addParameter("pcb", {{"lambda", {1}}}, "pcb.lambda: expected 2 numbers");
    addParameter("tall_masks", {{"lambda", {1}}}, "tall_masks.lambda: expected 2 numbers");
    addParameter("consensus", {{"mask_lambda", {1}}}, "consensus.mask_lambda: expected 2 numbers");
    for (const char* id : {"fisher", "gradient_matching"})
      add(id, with(id, "/fisher", json::array()), "fisher: expected a list of 2, one an expert");
    add("regmean", with("regmean", "/grams", json::array()), "grams: expected a list of 2, one an");
    for (const char* id : {"atlas", "adamerging"})
      add(id, with(id, "/coefficients", {1}), "coefficients: expected a list of 2, one an expert");
    add("self_positioning", with("self_positioning", "/coefficients", {1}),
        "coefficients: expected 2 numbers, found 1");
    add("adamerging", with("adamerging", "/logits", {{1}}), "logits: expected a list of 2, one an");
    add("fork_merge", with("fork_merge", "/scores", {1}), "scores: expected 2 numbers, found 1");
    add("expert_average", with("expert_average", "/similarity", {1}), "similarity: expected 2 num");
    add("adapter_routing", with("adapter_routing", "/routing", {{1}}),
        "routing[0]: expected 2 logits, one an expert, found 1");
    add("surgery", with("surgery", "/up/1", json::array()), "up[1]: expected rows of numbers");
    add("surgery", with("surgery", "/targets", {{{1}}}), "targets: expected 2 matrices");
    add("tinting", with("tinting", "/expert_logits", {{{1}}}),
        "expert_logits: expected 2 matrices");
    add("scalearn", with("scalearn", "/omega", {{1, 2}}), "omega: expected 2 rows of 2 numbers");
    add("logits_fusion", with("logits_fusion", "/small", {{1, 2}}), "small: expected 3 rows of 4");
  }

  static void addMissingFields() {
    for (const char* id : {"task_arithmetic", "ties", "dare", "gradient_matching", "pcb",
                           "tall_masks", "consensus", "iso_c", "iso_cts", "tsv_m", "atlas",
                           "adamerging", "atm", "self_positioning", "fork_merge"})
      add(id, without(id, "base"), "base: is required and missing");
    for (const auto* descriptor : eq::merge::catalog().descriptors())
      for (const auto& field : descriptor->inputs)
        if (field.required && field.name != "base")
          add(descriptor->id.c_str(), without(descriptor->id.c_str(), field.name.c_str()),
              (field.name + ": is required and missing").c_str());
    add("ties", with("ties", "/base", nullptr), "base: is required");
    add("expert_average", without("expert_average", "similarity"), "similarity: is required and");
    add("atlas", inputOf("atlas", 2, 1), {{"partitions", 2}}, "partition: is required and missing");
    add("fork_merge", with("fork_merge", "/validation", {{"kind", "quadratic"}}),
        "validation.target: is required and missing");
    add("fork_merge", with("fork_merge", "/validation/kind", "cubic"), "validation.kind: expected");
    add("ties", json::array(), "input: expected an object with the input fields, found []");
    add("surgery", json(1), "input: expected an object with the input fields, found 1");
  }

  static void addExperts() {
    add("ties", pair("/experts", json::array()), "experts: at least one is needed, found none");
    add("ties", pair("/experts", 3), "experts: expected a list of models, found 3");
    add("ties", pair("/experts/1", 3), "experts[1]: expected an object {NAME: tensor}, found 3");
    auto odd = pair();
    odd["base"]["a"] = odd["experts"][1]["z"] = tensorOf({1});
    add("ties", odd,
        "experts[0].a: only the base has this tensor; experts[1].a: only the base has this tensor; "
        "experts[1].z: the base has no such tensor, the expert has; merged tensors need the same");
    odd.erase("base");
    add("weight_average", odd, "experts[1].z: experts[0] has no such tensor, the expert has; ");
    add("task_arithmetic", pair(), {{"operation", "analogy"}},
        "experts: analogy needs 3 experts (A, B, C), found 2");
  }

  static void addTensors() {
    const auto named = [](const json& tensor) {
      json input{{"base", {{"trunk.0.bias", tensorOf({1, 2})}}},
                 {"experts",
                  json::array({{{"trunk.0.bias", tensorOf({1, 2})}}, {{"trunk.0.bias", tensor}}})}};
      return input;
    };
    const auto refused = [&](const json& tensor, const char* message) {
      add("ties", named(tensor), message);
    };
    refused(tensorOf({1, 2}, {1, 2}),
            "experts[1].trunk.0.bias: expected shape [2] as in the base, found [1, 2]");
    refused(tensorOf({1, 2, 3}),
            "experts[1].trunk.0.bias: expected shape [2] as in the base, found");
    refused({{"shape", {2}}, {"data", {1, 2}}, {"dtype", "int64"}},
            "experts[1].trunk.0.bias: expected dtype float64 as in the base, found int64");
    refused(tensorOf({1, 2, 3}, {2}),
            "experts[1].trunk.0.bias: 3 numbers in \"data\", where the shape [2] has 2");
    refused({{"shape", {2}}, {"data", {1, nullptr}}},
            "experts[1].trunk.0.bias.data[1]: expected a number, found null");
    refused({{"shape", {2}}, {"data", {std::nan(""), 1}}},
            "experts[1].trunk.0.bias.data[0]: must be finite");
    refused({{"shape", {2}}, {"data", {1, INFINITY}}},
            "experts[1].trunk.0.bias.data[1]: must be finite");
    refused({{"shape", {2}}, {"data", {1, true}}},
            "experts[1].trunk.0.bias.data[1]: expected a number, found true");
    refused({{"shape", {2}}, {"data", {1, 2}}, {"dtype", "float16"}},
            "experts[1].trunk.0.bias.dtype: expected \"float64\" or \"int64\", found \"float16\"");
    refused({{"shape", {2}}, {"data", {1, .5}}, {"dtype", "int64"}},
            "experts[1].trunk.0.bias.data[1]: expected an integer of 64 bits, found 0.5");
    refused({{"shape", {-1}}, {"data", json::array()}},
            "experts[1].trunk.0.bias.shape: sizes are integers from 0, found -1");
    refused({{"shape", {1e6, 1e6}}, {"data", json::array()}},
            "experts[1].trunk.0.bias.shape: sizes");
    refused({{"shape", {99999999, 99999999, 0}}, {"data", json::array()}},
            "experts[1].trunk.0.bias.shape: [99999999,99999999,0] has too many entries");
    refused({{"data", {1, 2}}}, "experts[1].trunk.0.bias.shape: is required and missing");
    refused({{"shape", {2}}}, "experts[1].trunk.0.bias.data: is required and missing");
    refused({{"shape", 2}, {"data", {1, 2}}}, "experts[1].trunk.0.bias.shape: expected a list");
    refused({{"shape", {2}}, {"data", 1}}, "experts[1].trunk.0.bias.data: expected a list");
    refused(5, "experts[1].trunk.0.bias: expected a tensor {\"shape\": [..], \"data\": [..]}");
  }

  static void addFields() {
    addParameter("weight_average", {{"weights", {1, -1}}},
                 "weight_average.weights[1]: -1 is below");
    addParameter("weight_average", {{"weights", {0, 0}}},
                 "weight_average.weights: the sum must be");
    addParameter("fisher", {{"weights", {0, 0}}},
                 "fisher.weights: the sum must be above 0, found 0");
    add("fisher", pair("/fisher/1/w/data/0", -1), "fisher[1].w.data[0]: -1 is below 0");
    add("gradient_matching", pair("/base_fisher", modelOf({1, -2})),
        "base_fisher.w.data[1]: -2 is");
    add("fisher", pair("/fisher/0", json::object()), "fisher[0].w: is required and missing");
    add("fisher", pair("/fisher/0/v", tensorOf({1})), "fisher[0].v: neither base nor experts have");
    add("fisher", pair("/fisher/0/w", tensorOf({1})),
        "fisher[0].w: expected shape [2] as the merged");
    add("regmean", withGrams("/grams/1/b", {{1}}), "grams[1].b: only matrices have a Gram, found");
    add("regmean", withGrams("/grams/0/v", {{1}}), "grams[0].v: no merged tensor has this name");
    add("regmean", withGrams("/grams/0/w", {{1}}), "grams[0].w: expected 2 x 2 as the matrix has");
    add("regmean", withGrams("/grams/1/w/0/1", 1.1),
        "grams[1].w: must be symmetric, found 1 at [1]");
    add("regmean", withGrams("/grams/1", json::object()), "grams[1].w: is missing, other experts");
    for (const char* id : {"atlas", "adamerging"}) {
      add(id, pair("/coefficients", json::array({{{"v", 1}}, 1})),
          "coefficients[0].v: no merged tensor has this name");
      add(id, pair("/coefficients", {1, nullptr}),
          "coefficients[1]: expected a number, found null");
      add(id, pair("/gradients", {{"w", tensorOf({1, 1})}, {"v", tensorOf({1})}}),
          "gradients.v: neither base nor experts have such a tensor");
      add(id, pair("/gradients", json::object()), "gradients.w: is required and missing");
    }
    add("atlas", pair("/partition", modelOf({0, 2})), {{"partitions", 2}},
        "partition.w.data[1]: expected an integer from 0 to 1, found 2");
    add("atlas", pair("/partition", {{"w", tensorOf({0, 0})}, {"v", tensorOf({0})}}),
        {{"partitions", 2}}, "partition.v: neither base nor experts have such a tensor");
    add("adamerging", pair("/logits", {nullptr, nullptr}), "logits: no task has classes");
    add("adamerging", pair("/logits", {{{1}, {2}}, nullptr}),
        "logits[0][0]: expected a logit a class");
    add("adapter_routing", {{"experts", {modelOf({1})}}, {"routing", {{1}}}},
        "experts[0].w: adapters have tensors named lora_a and lora_b");
    add("adapter_routing", with("adapter_routing", "/routing", {{-1e4, -1e4}}), {{"epsilon", 0}},
        "routing[0]: all weights of the head are 0");
  }

  /// They were printed as null.
  static void addTooLarge() {
    const json large{{"base", modelOf({0, 0})}, {"experts", {modelOf({1.5e308, 1.5e308})}}};
    add("task_arithmetic", large, {{"lambda", .1}}, "norms[0]: the answer's number is beyond");
    add("task_arithmetic", large, {{"lambda", 2}},
        "merged.w.data[0]: the answer's number is beyond");
    add("surgery",
        {{"representations", {{{1e308}}}},
         {"down", {{{1e308}}}},
         {"up", {{{1}}}},
         {"targets", {{{0}}}}},
        "corrected[0][0][0]: the answer's number is beyond");
    add("tinting", {{"merged_logits", {{{1e308, -1e308}}}}, {"expert_logits", {{{0, 1}}}}},
        "loss: the answer's number is beyond");
    const auto matrix = modelOf({1.5e308}, {1, 1});
    add("iso_c", {{"base", modelOf({0}, {1, 1})}, {"experts", {matrix, matrix}}},
        "experts: the sum of w over the task vectors is beyond the numbers of float64");
    add("ties", {{"base", modelOf({-1.5e308})}, {"experts", {modelOf({1.5e308})}}},
        "experts[0]: the difference from the base is beyond the numbers of float64");
  }

 private Q_SLOTS:
  void refuses_data() {
    QTest::addColumn<QString>("id");
    QTest::addColumn<nlohmann::json>("input");
    QTest::addColumn<nlohmann::json>("params");
    QTest::addColumn<QString>("message");
    add("tie", json::object(), "no merge method \"tie\"; did you mean \"ties\"?");
    addParameters();
    addListsOfOtherLength();
    addMissingFields();
    addExperts();
    addTensors();
    addFields();
    addTooLarge();
  }
  void refuses() {
    QFETCH(QString, id);
    QFETCH(nlohmann::json, input);
    QFETCH(nlohmann::json, params);
    QFETCH(QString, message);
    const auto found = refusalOf(id.toStdString(), input, params);
    QVERIFY2(found.starts_with(message.toStdString()), found.c_str());
    QVERIFY(found.find('\n') == std::string::npos);
  }

  /// A field of another method is no reason to refuse.
  void whatAMethodDoesNotReadIsIgnored() {
    auto input = family(2, 3);
    const auto plain = computed("ties", input);
    input["fisher"] = "of no use here";
    QVERIFY(computed("ties", input) == plain);
  }
};

EQUIPOISE_TEST(TestMergeRefusals)
#include "tst_merge_refusals.moc"
