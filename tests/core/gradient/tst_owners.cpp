#include <ATen/core/grad_mode.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <QTemporaryDir>
#include <QTest>

#include <filesystem>
#include <limits>
#include <map>
#include <set>

#include "core/loss/script_fixture.h"
#include "tests/core/gradient/engine_support.h"
#include "tests/registry.h"

using namespace eq::gradient;
using namespace eq::gradient::test;

namespace {

using Shape = std::vector<std::int64_t>;

/// A model of the catalog, for so many tasks.
struct Case {
  const char* name;
  const char* id;
  json params;  ///< "stages" of a tree: for 4 tasks
  Shape shape;
};

/// Groups of tasks by their numbers, as those of K tasks by their names.
json stagesOf(const std::string& numbers, size_t tasks) {
  const auto infos = tasksOf(tasks);
  auto stages = json::array();
  for (const auto& stage : json::parse(numbers)) {
    auto groups = json::array();
    for (const auto& group : stage) {
      auto names = json::array();
      for (const auto& task : group)
        if (task.get<size_t>() < tasks) names.push_back(infos[task.get<size_t>()].name);
      if (!names.empty()) groups.push_back(names);
    }
    stages.push_back(groups);
  }
  return stages;
}

/// A trusted TorchScript file for so many inputs.
std::string trunkOf(std::int64_t inputs) {
  static const QTemporaryDir folder;
  const std::filesystem::path file =
      folder.filePath(QString("trunk-%1.pt").arg(inputs)).toStdString();
  if (!std::filesystem::exists(file))
    eq::loss::test::trustFile(eq::loss::test::writeTrunk(file, inputs));
  return file.string();
}

std::vector<Case> cases() {
  const json flat{{"hidden", {7, 5}}, {"activation", "tanh"}, {"dropout", 0.3}};
  const auto with = [&](const char* key, const json& value, json params) {
    params[key] = value;
    return params;
  };
  const json tokens{{"patch", 2}, {"width", 6}, {"attention_heads", 2}, {"dropout", 0.2}};
  const json maps{{"base", "cnn"}, {"channels", {3, 4}}, {"hidden", {6}}};
  return {
      {"mlp", "mlp", flat, {4}},
      {"cnn", "cnn", {{"channels", {3, 4}}, {"hidden", 6}}, {2, 11, 10}},
      {"resnet", "resnet", {{"channels", {4, 6}}, {"groups", 2}}, {2, 5, 6}},
      {"transformer",
       "transformer",
       {{"patch", 2}, {"width", 6}, {"attention_heads", 2}, {"dropout", 0.2}},
       {1, 4, 6}},
      {"single_task", "single_task", flat, {4}},
      {"single_task of maps", "single_task", maps, {2, 11, 10}},
      {"tree that parts once",
       "tree",
       with("stages", "[[[0,1,2,3]], [[0],[1],[2],[3]]]", flat),
       {4}},
      {"tree of groups", "tree", with("stages", "[[[0,1,2,3]], [[0,1],[2,3]]]", flat), {4}},
      {"tree of groups alone",
       "tree",
       with("stages", "[[[0,1],[2,3]], [[0],[1],[2],[3]]]", flat),
       {4}},
      {"tree with a task outside",
       "tree",
       with("stages", "[[[0,2,3],[1]], [[0],[1],[2],[3]]]", flat),
       {4}},
      {"tree of maps",
       "tree",
       with("stages", "[[[0,1,2,3]], [[0,2,3],[1]], [[0],[1],[2],[3]]]", maps),
       {2, 11, 10}},
      {"hierarchical", "hierarchical", with("shortcut", true, flat), {4}},
      {"deep hierarchical", "hierarchical", with("hidden", {6, 5, 5, 4}, flat), {4}},
      {"cross_stitch", "cross_stitch", with("hidden", {6, 5, 4}, flat), {4}},
      {"cross_stitch of units", "cross_stitch", with("unit", "channel", flat), {4}},
      {"cross_stitch of channels", "cross_stitch", with("unit", "channel", maps), {2, 11, 10}},
      {"mmoe", "mmoe", with("experts", 3, with("gate_dropout", 0.4, flat)), {4}},
      {"mmoe of maps", "mmoe", with("gate_hidden", {5}, maps), {2, 11, 10}},
      {"mmoeex", "mmoeex", with("experts", 5, with("gate_dropout", 0.4, flat)), {4}},
      {"mmoeex of groups",
       "mmoeex",
       with("mode", "exclusion", with("experts", 5, with("exclusivity", 0.6, flat))),
       {4}},
      {"mmoeex of maps", "mmoeex", with("assignment", "random", maps), {2, 11, 10}},
      {"dselect_k", "dselect_k", with("experts", 5, with("nonzeros", 3, flat)), {4}},
      {"dselect_k of tasks", "dselect_k", with("selector", "task", maps), {2, 11, 10}},
      {"cgc", "cgc", with("shared_experts", 2, flat), {4}},
      {"cgc of maps", "cgc", with("task_experts", 2, maps), {2, 11, 10}},
      {"ple", "ple", with("task_experts", 2, flat), {4}},
      {"ple of one level", "ple", with("levels", 1, with("shared_experts", 2, flat)), {4}},
      {"ple of three levels", "ple", with("levels", 3, with("hidden", {6, 5, 5, 4}, flat)), {4}},
      {"ple of maps", "ple", maps, {2, 11, 10}},
      {"ple of streams", "ple", with("form", "libmtl", with("shared_experts", 2, flat)), {4}},
      {"ple of streams in three levels",
       "ple",
       with("form", "libmtl", with("levels", 3, with("hidden", {6, 5, 5, 4}, flat))),
       {4}},
      {"ple of streams of maps", "ple", with("form", "libmtl", maps), {2, 11, 10}},
      {"adatt", "adatt", with("hidden", {6, 5, 4}, flat), {4}},
      {"adatt of several experts", "adatt", with("task_experts", 2, flat), {4}},
      {"adatt without sharing", "adatt", with("shared_experts", 0, maps), {2, 11, 10}},
      {"subtuning", "subtuning", with("tuned", {2}, with("hidden", {6, 5, 4}, flat)), {4}},
      {"subtuning from the first", "subtuning", with("tuned", {1}, maps), {2, 11, 10}},
      {"subtuning of maps", "subtuning", with("tuned", {2}, maps), {2, 11, 10}},
      {"taps", "taps", flat, {4}},
      {"taps of maps", "taps", maps, {2, 11, 10}},
      {"taps on a fixed base", "taps", with("train_base", false, flat), {4}},
      {"computation_sharing", "computation_sharing", with("primary", 1, flat), {4}},
      {"computation_sharing of maps", "computation_sharing", maps, {2, 11, 10}},
      {"ltb", "ltb", with("warmup", 0, with("tau_min", 1, flat)), {4}},
      {"ltb of maps",
       "ltb",
       with("warmup", 0, with("tau_min", 1, with("nodes", 3, maps))),
       {2, 11, 10}},
      {"ltb at first", "ltb", with("tau_min", 1, with("hidden", {6, 5, 4}, flat)), {4}},
      {"deep_safe", "deep_safe", flat, {4}},
      {"deep_safe of maps", "deep_safe", with("gate_at", "decoder", maps), {2, 11, 10}},
      {"rank_updates", "rank_updates", with("rank", 3, with("increment", 2, flat)), {4}},
      {"rank_updates of maps", "rank_updates", maps, {2, 11, 10}},
      {"mtsl", "mtsl", flat, {4}},
      {"dfa", "dfa", with("hidden", {6, 5, 4}, flat), {4}},
      {"mtan", "mtan", with("hidden", {6, 5, 4}, with("reduction", 2, flat)), {4}},
      {"mtan of maps", "mtan", with("same", true, maps), {2, 11, 10}},
      {"dtrn", "dtrn", with("hyper_rank", 3, with("task_dim", 5, flat)), {4}},
      {"dtrn of maps", "dtrn", maps, {2, 11, 10}},
      {"medusa", "medusa", with("width", 5, flat), {4}},
      {"medusa of maps", "medusa", maps, {2, 11, 10}},
      {"adapters", "adapters", with("bottleneck", 3, flat), {4}},
      {"adapters of maps", "adapters", maps, {2, 11, 10}},
      {"subject_adapters", "subject_adapters", with("adapter_width", 5, flat), {4}},
      {"pair_encoder", "pair_encoder", flat, {4}},
      {"transtee",
       "transtee",
       {{"width", 6}, {"attention_heads", 2}, {"layers", 1}, {"treatment", "x1"}},
       {4}},
      {"transtee of linear attention",
       "transtee",
       {{"width", 6}, {"attention_heads", 3}, {"attention", "linear"}, {"dropout", 0.2}},
       {4}},
      {"multimodn", "multimodn", {{"state", 3}, {"encoder_hidden", {5}}, {"missing", 0.3}}, {4}},
      {"multimodn of three",
       "multimodn",
       {{"sizes", {1, 2, 1}}, {"state", 3}, {"encoder_hidden", {5, 4}}, {"order", "random"}},
       {4}},
      {"pair_encoder of both", "pair_encoder", with("form", "cross", flat), {4}},
      {"task_lora", "task_lora", with("rank", 2, flat), {4}},
      {"task_lora of maps", "task_lora", with("alpha", 3, maps), {2, 11, 10}},
      {"poly", "poly", with("skills", 3, with("rank", 2, flat)), {4}},
      {"poly in parts", "poly", with("splits", 2, with("hidden", {6, 4}, flat)), {4}},
      {"poly on a base that stays", "poly", with("train_base", false, maps), {2, 11, 10}},
      {"c_poly", "c_poly", with("task_skills", 2, with("rank", 2, flat)), {4}},
      {"tensor_poly", "tensor_poly", with("tensor_rank", 3, flat), {4}},
      {"tensor_poly by order",
       "tensor_poly",
       with("routing", "order", with("order", 3, maps)),
       {2, 11, 10}},
      {"mor1e", "mor1e", with("experts", 3, with("clusters", 4, flat)), {4}},
      {"mor1e on a base that stays", "mor1e", with("train_base", false, maps), {2, 11, 10}},
      {"lora_experts", "lora_experts", with("top_k", 2, with("rank", 2, flat)), {4}},
      {"lora_experts of one each", "lora_experts", maps, {2, 11, 10}},
      {"task_moe", "task_moe", with("top_k", 2, with("moe_stages", {1, 2}, flat)), {4}},
      {"task_moe of maps", "task_moe", with("moe_stages", {2}, maps), {2, 11, 10}},
      {"task_level_moe", "task_level_moe", flat, {4}},
      {"task_level_moe of maps", "task_level_moe", with("experts", 2, maps), {2, 11, 10}},
      {"prompts", "prompts", tokens, {1, 4, 6}},
      {"prompts of tasks", "prompts", with("task_prompts", 2, tokens), {1, 4, 6}},
      {"prompts on a base that stays", "prompts", with("train_base", false, tokens), {3}},
      {"prompts of tasks on a base that stays",
       "prompts",
       with("task_prompts", 1, with("train_base", false, tokens)),
       {3}},
      {"torchscript_trunk", "torchscript_trunk", {{"path", trunkOf(4)}}, {4}},
      {"torchscript_trunk of maps",
       "torchscript_trunk",
       {{"path", trunkOf(24)}, {"head_hidden", {3}}},
       {2, 3, 4}},
      {"hierarchical of maps", "hierarchical", with("head_hidden", {3}, maps), {2, 11, 10}},
      {"dense_cnn", "dense_cnn", {{"channels", {3, 4}}, {"head_hidden", {3}}}, {2, 11, 10}},
      {"imagenet_resnet",
       "imagenet_resnet",
       {{"blocks", {1, 2}}, {"width", 3}, {"dropout", 0.2}},
       {2, 21, 18}},
      {"imagenet_resnet of bottlenecks",
       "imagenet_resnet",
       {{"block", "bottleneck"}, {"blocks", {1, 1}}, {"width", 2}},
       {2, 17, 20}},
      {"vit", "vit", with("layers", 2, tokens), {2, 4, 6}},
  };
}

/// Statistics of batch normalisation that stay, as a trained network has them.
void drawStatistics(const Model& model) {
  const at::NoGradGuard noGradients;
  std::uint64_t seed = 40;
  for (const auto& [name, numbers] : model.buffers()) {
    if (name.ends_with(".running_mean")) numbers.copy_(random(numbers.sizes().vec(), ++seed));
    if (name.ends_with(".running_var"))
      numbers.copy_(random(numbers.sizes().vec(), ++seed).abs() + 0.5);
  }
}

/// Where all is zero at first, nothing flows through to what is below.
void wakeZeros(Model& model) {
  const at::NoGradGuard noGradients;
  for (size_t i = 0; i < model.parameters().infos().size(); ++i) {
    auto values = model.parameters().tensor(i);
    if (values.abs().max().item<double>() == 0)
      values.copy_(random(values.sizes().vec(), 11 + i) * 0.4);
  }
}

std::unique_ptr<Model> modelOf(const Case& chosen, size_t tasks,
                               at::ScalarType type = at::kDouble) {
  auto params = chosen.params;
  if (params.contains("stages")) params["stages"] = stagesOf(params["stages"], tasks);
  auto model = make(chosen.id, params, chosen.shape, tasks, type);
  wakeZeros(*model);
  drawStatistics(*model);
  return model;
}

at::Tensor inputsOf(const Case& chosen, std::int64_t batch) {
  auto shape = chosen.shape;
  shape.insert(shape.begin(), batch);
  return random(shape, 3);
}

at::Tensor trainedLoss(const Model& model, size_t task,
                       const std::vector<at::Tensor>& representations) {
  const auto read = model.readBy(task, representations);
  const auto output = model.head(task, read, {true, nullptr});
  return model.surrogate(task, read, output, lossOf(task, output), {});
}

/// [K] the gradient of each task's loss in what it alone owns, flat.
std::vector<at::Tensor> bruteOwn(Model& model, const at::Tensor& inputs,
                                 const std::vector<char>& active) {
  std::vector<at::Tensor> found;
  const auto state = model.randomState();
  for (size_t k = 0; k < active.size(); ++k) {
    found.emplace_back();
    if (!active[k]) continue;
    // As the engine draws: masks of all tasks that are there, in their order.
    model.restoreRandomState(state);
    const eq::model::Pass pass{true, nullptr, false, nullptr, &active};
    const auto representations = model.represent(inputs, pass);
    for (size_t j = 0; j <= k; ++j) {
      if (!active[j]) continue;
      const auto loss = trainedLoss(model, j, representations);
      if (j == k) loss.backward();
    }
    found.back() = takeGradients(parametersOf(model, static_cast<std::int64_t>(k)));
    for (auto& column : columnsOf(model)) column.mutable_grad().reset();
  }
  model.restoreRandomState(state);
  return found;
}

/// J with the masks that the engine draws, whoever is active.
at::Tensor bruteRows(Model& model, const at::Tensor& inputs, const std::vector<char>& active) {
  const auto state = model.randomState();
  std::vector<at::Tensor> rows;
  const auto columns = columnsOf(model);
  for (size_t k = 0; k < active.size(); ++k) {
    rows.push_back(at::zeros({model.parameters().columns().size()}, at::kDouble));
    if (!active[k] || columns.empty()) continue;
    model.restoreRandomState(state);
    const eq::model::Pass pass{true, nullptr, false, nullptr, &active};
    const auto representations = model.represent(inputs, pass);
    for (size_t j = 0; j <= k; ++j) {
      if (!active[j]) continue;
      const auto loss = trainedLoss(model, j, representations);
      if (j == k) loss.backward();
    }
    rows.back() = takeGradients(columns);
    takeGradients(parametersOf(model, static_cast<std::int64_t>(k)));
  }
  model.restoreRandomState(state);
  return at::stack(rows);
}

at::Tensor flat(const Gradients& gradients, const Model& model,
                const std::vector<size_t>& indices) {
  std::vector<at::Tensor> parts{at::zeros({0}, at::kDouble)};
  for (const auto index : indices)
    parts.push_back(gradients[index].defined()
                        ? gradients[index].flatten()
                        : at::zeros({model.parameters().infos()[index].count}, at::kDouble));
  return at::cat(parts);
}

/// Whether the rows are 0 where their tasks do not reach.
bool unreachedIsZero(const Model& model, const at::Tensor& rows) {
  for (const auto index : model.parameters().columnIndices()) {
    const auto& info = model.parameters().infos()[index];
    const auto reach = model.reach(info.block.owner);
    for (size_t k = 0; k < reach.size(); ++k) {
      const auto row = rows[static_cast<std::int64_t>(k)].narrow(0, info.offset, info.count);
      if (!reach[k] && !(row == 0).all().item<bool>()) return false;
    }
  }
  return true;
}

double errorOf(const at::Tensor& found, const at::Tensor& expected) {
  return found.numel() == 0 && expected.numel() == 0 ? 0 : relativeError(found, expected);
}

}  // namespace

class TestOwners : public QObject {
  Q_OBJECT

  static void addCases() {
    QTest::addColumn<int>("number");
    QTest::addColumn<int>("tasks");
    const auto all = cases();
    for (size_t i = 0; i < all.size(); ++i)
      for (const int tasks : {2, 4})
        QTest::addRow("%s K %d", all[i].name, tasks) << static_cast<int>(i) << tasks;
  }
  static Case fetchCase() {
    QFETCH(int, number);
    return cases().at(static_cast<size_t>(number));
  }
  static size_t fetchTasks() {
    QFETCH(int, tasks);
    return static_cast<size_t>(tasks);
  }
  /// All tasks, and each one left out.
  static std::vector<std::vector<char>> everyActive(size_t tasks) {
    std::vector<std::vector<char>> all{std::vector<char>(tasks, 1)};
    for (size_t k = 0; k < tasks; ++k) {
      all.emplace_back(tasks, 1);
      all.back()[k] = 0;
    }
    return all;
  }

 private Q_SLOTS:
  /// A model that nobody checks does not go in. The point has a test of its own.
  void everyModelIsAmongTheCases() {
    std::set<std::string> known{"point"}, asked{"point"};
    for (const auto& one : cases()) known.insert(one.id);
    for (const auto* descriptor : eq::model::catalog().descriptors()) asked.insert(descriptor->id);
    QCOMPARE(known, asked);
  }

  /// G = J Jᵀ, J and the update of autograd, in whatever way, with any task away.
  void gradientsAreThoseOfAutograd_data() { addCases(); }
  void gradientsAreThoseOfAutograd() {
    const auto chosen = fetchCase();
    const auto tasks = fetchTasks();
    const auto model = modelOf(chosen, tasks);
    const auto inputs = inputsOf(chosen, 6);
    std::vector<double> weights, heads;
    for (size_t k = 0; k < tasks; ++k) {
      weights.push_back(0.5 / static_cast<double>(k + 1));
      heads.push_back(0.7 + static_cast<double>(k));
    }
    for (const auto& active : everyActive(tasks)) {
      const auto brute = bruteRows(*model, inputs, active);
      const auto own = bruteOwn(*model, inputs, active);
      const auto update = at::tensor(weights, at::kDouble).unsqueeze(0).mm(brute).squeeze(0);
      for (const auto& [options, way] : everyOption()) {
        const Engine engine(*model, options);
        const auto state = model->randomState();
        auto pass = engine.forward(inputs, lossOf, active, Purpose::exact);
        model->restoreRandomState(state);
        const auto gramian = engine.gramian(pass, Source::exact);
        QVERIFY(gramianError(gramian, brute.mm(brute.t())) < 1e-10);
        const auto squares = brute.square().sum(1);
        QVERIFY(gramianError(engine.squaredNorms(pass).diag(), squares.diag()) < 1e-10);
        const auto rows = engine.jacobian(pass);
        QVERIFY(rows.sizes().equals(brute.sizes()));
        QVERIFY(errorOf(rows, brute) < 1e-10);
        QVERIFY(unreachedIsZero(*model, rows));
        const auto gradients = engine.backward(pass, weights, heads);
        QVERIFY(errorOf(flat(gradients, *model, model->parameters().columnIndices()), update) <
                1e-10);
        for (size_t k = 0; k < tasks; ++k) {
          const auto indices = model->parameters().indices(static_cast<std::int64_t>(k));
          if (active[k])
            QVERIFY(errorOf(flat(gradients, *model, indices), own[k] * heads[k]) < 1e-10);
          else
            for (const auto index : indices) QVERIFY(!gradients[index].defined());
        }
      }
    }
  }

  /// The same update, whatever a pass is for and whether own parts are weighted alike.
  void everyPurposeHasTheSameUpdate_data() { addCases(); }
  void everyPurposeHasTheSameUpdate() {
    const auto chosen = fetchCase();
    const auto tasks = fetchTasks();
    const auto model = modelOf(chosen, tasks);
    const auto inputs = inputsOf(chosen, 5);
    const Engine engine(*model);
    const auto update = [&](Purpose purpose, const std::vector<char>& active, double head) {
      std::vector<double> shared(tasks, 0.5), heads(tasks, head);
      const auto state = model->randomState();
      auto pass = engine.forward(inputs, lossOf, active, purpose);
      model->restoreRandomState(state);
      return engine.backward(pass, shared, heads);
    };
    for (const auto& active : everyActive(tasks))
      for (const double head : {0.5, 1.5}) {
        const auto expected = update(Purpose::exact, active, head);
        double most = 0;
        for (const auto& one : expected)
          if (one.defined()) most = std::max(most, one.abs().max().item<double>());
        for (const auto purpose : {Purpose::sum, Purpose::sumShown, Purpose::representation}) {
          const auto found = update(purpose, active, head);
          for (size_t i = 0; i < found.size(); ++i) {
            QCOMPARE(found[i].defined(), expected[i].defined());
            if (!found[i].defined()) continue;
            QVERIFY((found[i] - expected[i]).abs().max().item<double>() < 1e-12 * most);
          }
        }
      }
  }

  /// Where only tasks that are away reach, nothing is found: moments and counters stay.
  void whatNobodyReachesHasNoGradient() {
    const auto model = make(
        "tree", {{"hidden", {5, 4}}, {"stages", stagesOf("[[[0,1],[2,3]], [[0,1],[2],[3]]]", 4)}},
        {4}, 4);
    const Engine engine(*model);
    for (const auto purpose : {Purpose::sum, Purpose::sumShown, Purpose::exact}) {
      auto pass = engine.forward(random({3, 4}, 1), lossOf, {0, 0, 1, 1}, purpose);
      const auto found = engine.backward(pass, {1, 1, 1, 1}, {1, 1, 1, 1});
      for (size_t i = 0; i < found.size(); ++i) {
        const auto reach = model->reach(model->parameters().infos()[i].block.owner);
        QCOMPARE(found[i].defined(), reach[2] || reach[3]);
      }
    }
    auto pass = engine.forward(random({3, 4}, 1), lossOf, {0, 0, 1, 1}, Purpose::exact);
    const auto direction = at::zeros({model->parameters().columns().size()}, at::kDouble);
    const auto found = engine.backward(pass, direction, {1, 1, 1, 1});
    for (const auto index : model->parameters().columnIndices()) {
      const auto reach = model->reach(model->parameters().infos()[index].block.owner);
      QCOMPARE(found[index].defined(), reach[2] || reach[3]);
    }
  }

  /// A step of such a task alone, looked at or not: nothing is shared in it.
  void aTaskOutsideMayBeAlone() {
    const auto model =
        make("tree", {{"hidden", {5, 4}}, {"stages", stagesOf("[[[0,1],[2]], [[0],[1],[2]]]", 3)}},
             {4}, 3);
    const Engine engine(*model);
    for (const auto purpose : {Purpose::sum, Purpose::sumShown, Purpose::exact}) {
      auto pass = engine.forward(random({3, 4}, 1), lossOf, {0, 0, 1}, purpose);
      if (purpose != Purpose::sum)
        for (const auto source : {Source::exact, Source::representation})
          QCOMPARE(engine.gramian(pass, source).abs().max().item<double>(), 0.0);
      const auto found = engine.backward(pass, {1, 1, 1}, {1, 1, 1});
      for (size_t i = 0; i < found.size(); ++i)
        QCOMPARE(found[i].defined(), model->parameters().infos()[i].block.owner == 2);
    }
  }

  /// 0 times what is not finite is not 0: rows end where a task does not reach.
  void whatATaskDoesNotReachCannotSpoilItsRow() {
    const auto model = make(
        "tree", {{"hidden", {5, 4}}, {"stages", stagesOf("[[[0,1],[2,3]], [[0,1],[2,3]]]", 4)}},
        {4}, 4);
    {
      const at::NoGradGuard noGradients;
      for (const auto index : model->parameters().indices(kTrunk - 1))
        model->parameters().tensor(index).fill_(std::numeric_limits<double>::infinity());
    }
    for (const auto& [options, way] : everyOption()) {
      const Engine engine(*model, options);
      auto pass = engine.forward(random({3, 4}, 1), lossOf, {1, 1, 1, 1}, Purpose::exact);
      const auto gramian = engine.gramian(pass, Source::exact);
      QVERIFY(!gramian[0][0].isfinite().item<bool>());
      QVERIFY(gramian.narrow(0, 2, 2).narrow(1, 2, 2).isfinite().all().item<bool>());
      QVERIFY(engine.jacobian(pass).narrow(0, 2, 2).isfinite().all().item<bool>());
    }
  }

  /// Each layer has the Gramian of its members, and 0 elsewhere.
  void partsHaveTheGramianOfTheirMembers() {
    const auto model = make("hierarchical", {{"hidden", {6, 5, 4}}}, {4}, 3);
    std::map<std::string, std::vector<size_t>> layers;
    for (const auto index : model->parameters().columnIndices()) {
      const auto& name = model->parameters().infos()[index].name;
      layers[name.substr(0, name.rfind('.'))].push_back(index);
    }
    QCOMPARE(layers.size(), size_t(2));  // of group classes1+yes2, then trunk
    const auto inputs = random({6, 4}, 3);
    const std::vector<char> all(3, 1);
    const auto brute = bruteRows(*model, inputs, all);
    Parts parts;
    for (const auto& [name, indices] : layers) parts.push_back(indices);
    const std::vector<std::vector<double>> weights{{9, 0.5, 2}, {1, 2, 3}};
    for (const auto& [options, way] : everyOption()) {
      const Engine engine(*model, options);
      auto pass = engine.forward(inputs, lossOf, all, Purpose::exact);
      const auto gramians = engine.gramians(pass, parts);
      const auto found = engine.backward(pass, parts, weights, {1, 1, 1});
      std::int64_t begin = 0;
      for (size_t i = 0; i < parts.size(); ++i) {
        std::int64_t width = 0;
        for (const auto index : parts[i]) width += model->parameters().infos()[index].count;
        const auto rows = brute.narrow(1, begin, width);
        begin += width;
        QVERIFY(gramianError(gramians[static_cast<std::int64_t>(i)], rows.mm(rows.t())) < 1e-10);
        const auto update = at::tensor(weights[i], at::kDouble).unsqueeze(0).mm(rows).squeeze(0);
        QVERIFY(relativeError(flat(found, *model, parts[i]), update) < 1e-10);
      }
      QCOMPARE(gramians[0][0].abs().max().item<double>(), 0.0);
    }
  }

  /// J1 J2ᵀ where the tasks reach different parts.
  void crossGramianIsThatOfBothBatches_data() { addCases(); }
  void crossGramianIsThatOfBothBatches() {
    const auto chosen = fetchCase();
    const auto tasks = fetchTasks();
    auto params = chosen.params;
    for (const char* draws : {"dropout", "gate_dropout", "missing"})
      if (params.contains(draws)) params[draws] = 0;
    if (params.contains("tau_min")) params["warmup"] = 1;  // branches are drawn later
    const auto model = modelOf({chosen.name, chosen.id, params, chosen.shape}, tasks);
    const auto first = inputsOf(chosen, 4), second = inputsOf(chosen, 7).flip(0);
    const std::vector<char> all(tasks, 1);
    const auto state = model->randomState();  // of draws a task, the same for both batches
    const auto one = bruteRows(*model, first, all), other = bruteRows(*model, second, all);
    const auto lengths = one.norm(2, 1).unsqueeze(1) * other.norm(2, 1).unsqueeze(0) + 1e-30;
    for (const auto& [options, way] : everyOption()) {
      const Engine engine(*model, options);
      auto pass = engine.forward(first, lossOf, all, Purpose::exact);
      model->restoreRandomState(state);
      auto further = engine.forward(second, lossOf, all, Purpose::exact);
      model->restoreRandomState(state);
      const auto found = engine.crossGramian(pass, further);
      QVERIFY(((found - one.mm(other.t())) / lengths).abs().max().item<double>() < 1e-10);
      Parts parts;  // each parameter alone
      for (const auto index : model->parameters().columnIndices()) parts.push_back({index});
      const auto ofParts = engine.crossGramians(pass, further, parts);
      for (size_t i = 0; i < parts.size(); ++i) {
        const auto& info = model->parameters().infos()[parts[i][0]];
        const auto expected =
            one.narrow(1, info.offset, info.count).mm(other.narrow(1, info.offset, info.count).t());
        const auto error = (ofParts[static_cast<std::int64_t>(i)] - expected) / lengths;
        QVERIFY(error.abs().max().item<double>() < 1e-10);
      }
    }
  }

  /// Where all that is shared ends in one tensor, gradients in it, through what tasks own.
  void representationsAreWhereTasksPart_data() {
    QTest::addColumn<QString>("stages");
    QTest::addColumn<int>("frontier");
    QTest::newRow("nowhere shared") << "[[[0],[1],[2]], [[0],[1],[2]]]" << 0;
    QTest::newRow("after the first stage") << "[[[0,1,2]], [[0],[1],[2]]]" << 1;
    QTest::newRow("at the end") << "[[[0,1,2]], [[0,1,2]]]" << 1;
    QTest::newRow("of a pair") << "[[[0,2],[1]], [[0],[1],[2]]]" << 1;
    QTest::newRow("of all and of a pair") << "[[[0,1,2]], [[0,2],[1]]]" << 0;
  }
  void representationsAreWhereTasksPart() {
    QFETCH(QString, stages);
    QFETCH(int, frontier);
    const auto model = make(
        "tree",
        {{"hidden", {5, 4}}, {"activation", "tanh"}, {"stages", stagesOf(stages.toStdString(), 3)}},
        {4}, 3);
    QCOMPARE(model->frontier(), static_cast<size_t>(frontier));
    if (frontier == 0) return;
    const auto inputs = random({6, 4}, 3);
    std::vector<at::Tensor> rows;
    for (size_t k = 0; k < 3; ++k) {
      auto read = model->readBy(k, model->represent(inputs, {}));
      const bool shares = read[0].requires_grad();
      read[0] = read[0].detach().requires_grad_();
      lossOf(k, model->head(k, read, {})).backward();
      const auto found = read[0].grad().flatten();
      // Task 1 of the pair's tree reads the inputs: they are no place where it parts.
      rows.push_back(shares ? found : at::zeros_like(rows[0]));
    }
    const auto brute = at::stack(rows);
    const Engine engine(*model);
    for (const auto purpose : {Purpose::representation, Purpose::exact, Purpose::sumShown}) {
      auto pass = engine.forward(inputs, lossOf, {1, 1, 1}, purpose);
      QVERIFY(gramianError(engine.gramian(pass, Source::representation), brute.mm(brute.t())) <
              1e-12);
    }
  }

  /// Of several tensors: the sum over them.
  void representationsAreAllExperts() {
    const auto model = make("mmoe", {{"hidden", {5}}, {"experts", 3}}, {4}, 2);
    QCOMPARE(model->frontier(), size_t(3));
    const auto inputs = random({6, 4}, 3);
    std::vector<at::Tensor> rows;
    for (size_t k = 0; k < 2; ++k) {
      auto read = model->readBy(k, model->represent(inputs, {}));
      for (size_t e = 0; e < 3; ++e) read[e] = read[e].detach().requires_grad_();
      lossOf(k, model->head(k, read, {})).backward();
      rows.push_back(at::cat({read[0].grad(), read[1].grad(), read[2].grad()}, 1).flatten());
    }
    const auto brute = at::stack(rows);
    const Engine engine(*model);
    auto pass = engine.forward(inputs, lossOf, {1, 1}, Purpose::representation);
    QVERIFY(gramianError(engine.gramian(pass, Source::representation), brute.mm(brute.t())) <
            1e-12);
  }

  /// In float32 the cosines are those of the float64 model to 1e-6.
  void singlePrecisionKeepsCosines_data() { addCases(); }
  void singlePrecisionKeepsCosines() {
    const auto chosen = fetchCase();
    const auto tasks = fetchTasks();
    const auto inputs = inputsOf(chosen, 20);
    const auto cosines = [&](at::ScalarType type) {
      const auto model = modelOf(chosen, tasks, type);
      const Engine engine(*model);
      auto pass = engine.forward(inputs.to(type), smoothLossOf, std::vector<char>(tasks, 1),
                                 Purpose::exact);
      const auto gramian = engine.gramian(pass, Source::exact);
      const auto norms = gramian.diagonal().sqrt();
      const auto scale = norms.unsqueeze(1) * norms.unsqueeze(0);
      return gramian / scale.masked_fill(scale == 0, 1);
    };
    QVERIFY((cosines(at::kFloat) - cosines(at::kDouble)).abs().max().item<double>() < 1e-6);
  }
};

EQUIPOISE_TEST(TestOwners)
#include "tst_owners.moc"
