#include "core/run/exchange/python_model.h"

#include <algorithm>
#include <regex>
#include <set>
#include <vector>

#include <fmt/ranges.h>

#include "core/base/error.h"
#include "core/base/task.h"
#include "core/run/exchange/python_template.h"
#include "core/train/complete_experiment.h"

namespace eq::run {
namespace {

using nlohmann::json;

/// JSON's texts, numbers and lists of them are Python's as well.
std::string literal(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string sequence(const std::vector<std::string>& layers, const std::string& indent) {
  const auto between = ",\n" + indent + "    ";
  return fmt::format("nn.Sequential(\n{0}    {1},\n{0})", indent, fmt::join(layers, between));
}

/// Writes the layers of a checkpoint's model, each of which takes its sizes from its tensors.
class LayerWriter {
 public:
  explicit LayerWriter(const train::Snapshot& checkpoint)
      : tensors_(checkpoint.tensors),
        model_(train::completeExperiment(checkpoint.meta.at("experiment")).at("model")),
        images_(checkpoint.meta.at("input_shape").size() == 3) {}

  std::vector<std::string> trunk() {
    const auto id = model_.at("id").get<std::string>();
    if (id == "mlp") return mlp();
    if (id == "cnn") return cnn();
    if (id == "resnet") return resnet();
    if (id == "transformer") return transformer();
    fail(
        "export --python: the model {} is not written in PyTorch; those that are: mlp, cnn, "
        "resnet, transformer",
        id);
  }

  std::vector<std::string> head(const TaskInfo& task) {
    const auto name = "head." + task.name;
    std::vector<std::string> layers;
    for (size_t i = 0; i < model_.at("head_hidden").size(); ++i) {
      layers.push_back(linear(fmt::format("{}.{}", name, i)));
      layers.emplace_back("nn.ReLU()");
    }
    addOutput(layers, task, name);
    return layers;
  }

  /// \throws Error where the checkpoint has something of the model that was not written.
  void requireAll() const {
    for (const auto& [name, tensor] : tensors_)
      if (name.starts_with("model.") && !written_.contains(name))
        fail(
            "export --python: {} belongs to a loss that reads more than a linear output; such a "
            "head is not written in PyTorch",
            name);
  }

 private:
  std::vector<std::string> mlp() {
    std::vector<std::string> layers{"nn.Flatten()"};
    for (size_t i = 0; i < model_.at("hidden").size(); ++i)
      addFull(layers, i, model_.at("activation"));
    return layers;
  }

  std::vector<std::string> cnn() {
    std::vector<std::string> layers;
    const auto stages = model_.at("channels").size();
    const auto padding = model_.at("same") ? model_.at("kernel").get<std::int64_t>() / 2 : 0;
    for (size_t i = 0; i < stages; ++i)
      for (const auto& layer :
           {convolution(stageName(i), 1, padding), std::string("nn.ReLU()"), pooling()})
        layers.push_back(layer);
    layers.emplace_back("nn.Flatten()");
    addFull(layers, stages, "relu");
    return layers;
  }

  std::vector<std::string> resnet() {
    std::vector<std::string> layers{convolution("trunk.stem", 1, 1)};
    for (size_t stage = 0; stage < model_.at("channels").size(); ++stage)
      for (std::int64_t block = 0; block < model_.at("blocks"); ++block) {
        layers.push_back(
            residual(fmt::format("trunk.{}.{}", stage, block), stage > 0 && block == 0));
        layers.emplace_back("nn.ReLU()");
      }
    layers.emplace_back("Mean(2)");
    addDropout(layers);
    return layers;
  }

  /// \param halves whether it begins a stage with half as many rows and columns.
  std::string residual(const std::string& name, bool halves) {
    const auto stride = halves ? 2 : 1;
    std::vector<std::string> branch{
        groupNorm(name + ".norm1"), "nn.ReLU()", convolution(name + ".conv1", stride, 1),
        groupNorm(name + ".norm2"), "nn.ReLU()", convolution(name + ".conv2", 1, 1)};
    const auto shortcut =
        halves ? ", " + convolution(name + ".shortcut", stride, 0) : std::string();
    return fmt::format("Residual({}{})", sequence(branch, kInner), shortcut);
  }

  std::vector<std::string> transformer() {
    auto layers = embedding();
    for (std::int64_t i = 0; i < model_.at("layers"); ++i) {
      const auto name = fmt::format("trunk.{}", i);
      addBlock(layers, {layerNorm(name + ".norm1"), attention(name + ".attention")});
      addBlock(layers, {layerNorm(name + ".norm2"), linear(name + ".mlp.0"), "nn.GELU()",
                        linear(name + ".mlp.1")});
    }
    layers.push_back(layerNorm("trunk.norm"));
    layers.emplace_back("Mean(1)");
    return layers;
  }

  std::vector<std::string> embedding() {
    const std::string name = "trunk.embed";
    if (!images_)
      return {layer(
          name, {"weight", "bias"},
          fmt::format("Columns({}, {})", size(name + ".weight", 0), size(name + ".weight", 1)))};
    return {fmt::format("Patches({})", literal(model_.at("patch"))), linear(name),
            layer(name, {"positions"},
                  fmt::format("Positions({}, {})", size(name + ".positions", 0),
                              size(name + ".positions", 1)))};
  }

  void addBlock(std::vector<std::string>& layers, std::vector<std::string> branch) {
    addDropout(branch);
    layers.push_back(fmt::format("Residual({})", sequence(branch, kInner)));
  }

  std::string attention(const std::string& name) {
    std::vector<std::string> parts;
    for (const auto* part : {"query", "key", "value", "output"})
      parts.push_back(linear(name + "." + part));
    return fmt::format("Attention({}, \"{}\", {})", literal(model_.at("attention_heads")),
                       model_.at("attention").get<std::string>(), fmt::join(parts, ", "));
  }

  void addFull(std::vector<std::string>& layers, size_t stage, const std::string& activation) {
    layers.push_back(linear(stageName(stage)));
    layers.emplace_back(activation == "gelu"   ? "nn.GELU()"
                        : activation == "tanh" ? "nn.Tanh()"
                                               : "nn.ReLU()");
    addDropout(layers);
  }

  void addDropout(std::vector<std::string>& layers) const {
    if (const double share = model_.at("dropout"); share > 0)
      layers.push_back(fmt::format("nn.Dropout({})", share));
  }

  /// The linear layer that the usual losses of the task read, in the shape of its prediction.
  void addOutput(std::vector<std::string>& layers, const TaskInfo& task, const std::string& name) {
    const std::regex form(R"((linear-(\d+)(x(\d+))?)\.weight)");
    const auto prefix = "model." + name + ".";
    for (const auto& [tensor, ignored] : tensors_) {
      std::smatch parts;
      const auto rest = tensor.starts_with(prefix) ? tensor.substr(prefix.size()) : std::string();
      if (!std::regex_match(rest, parts, form)) continue;
      layers.push_back(linear(name + "." + parts[1].str()));
      if (parts[4].matched)
        layers.push_back(fmt::format("nn.Unflatten(1, ({}, {}))", parts[2].str(), parts[4].str()));
      else if (task.kind == TaskKind::binary ||
               (task.kind == TaskKind::regression && task.width == 1))
        layers.emplace_back("nn.Flatten(0)");
      return;
    }
    fail(
        "export --python: the loss of task {} reads no linear output; such a head is not written "
        "in PyTorch",
        task.name);
  }

  // --- Layers with tensors

  std::string linear(const std::string& name) {
    return layer(
        name, {"weight", "bias"},
        fmt::format("nn.Linear({}, {})", size(name + ".weight", 1), size(name + ".weight", 0)));
  }

  std::string convolution(const std::string& name, int stride, std::int64_t padding) {
    const auto weight = name + ".weight";
    return layer(name, {"weight", "bias"},
                 fmt::format("nn.Conv2d({}, {}, {}, stride={}, padding={})", size(weight, 1),
                             size(weight, 0), size(weight, 2), stride, padding));
  }

  std::string groupNorm(const std::string& name) {
    return layer(name, {"weight", "bias"},
                 fmt::format("nn.GroupNorm({}, {})", literal(model_.at("groups")),
                             size(name + ".weight", 0)));
  }

  std::string layerNorm(const std::string& name) {
    return layer(name, {"weight", "bias"},
                 fmt::format("nn.LayerNorm({})", size(name + ".weight", 0)));
  }

  std::string layer(const std::string& name, const std::vector<std::string>& tensors,
                    const std::string& made) {
    for (const auto& tensor : tensors) written_.insert(fmt::format("model.{}.{}", name, tensor));
    return fmt::format("stored({}, {})", literal(name), made);
  }

  static std::string pooling() { return "nn.MaxPool2d(2)"; }
  static std::string stageName(size_t stage) { return fmt::format("trunk.{}", stage); }

  std::int64_t size(const std::string& name, std::int64_t dimension) const {
    const auto found = tensors_.find("model." + name);
    if (found == tensors_.end() || found->second.dim() <= dimension)
      throw Error(
          fmt::format("export --python: the checkpoint has no tensor model.{} of its model", name),
          ErrorKind::failure);
    return found->second.size(dimension);
  }

  static constexpr const char* kInner = "            ";

  const std::map<std::string, at::Tensor>& tensors_;
  json model_;
  bool images_;
  std::set<std::string> written_;
};

/// [name, offset, scale] a line.
std::string inputLines(const json& inputs) {
  std::string lines;
  for (const auto& input : inputs)
    lines += fmt::format("    {},\n",
                         literal({input.at("name"), input.at("offset"), input.at("scale")}));
  return lines;
}

}  // namespace

std::string pythonModel(const train::Snapshot& checkpoint, const std::string& weights) {
  LayerWriter writer(checkpoint);
  const auto trunk = sequence(writer.trunk(), "        ");
  std::string tasks, heads;
  for (const auto& value : checkpoint.meta.at("tasks")) {
    const auto task = taskInfoFromJson(value);
    tasks +=
        fmt::format("    {},\n", literal({task.name, toText(task.kind), task.offset, task.scale}));
    heads += fmt::format("                {},\n", sequence(writer.head(task), "                "));
  }
  writer.requireAll();
  return fmt::format(fmt::runtime(kPythonModule),
                     fmt::arg("step", checkpoint.meta.at("step").get<std::int64_t>()),
                     fmt::arg("weights", literal(weights)),
                     fmt::arg("shape", literal(checkpoint.meta.at("input_shape"))),
                     fmt::arg("inputs", inputLines(checkpoint.meta.value("inputs", json::array()))),
                     fmt::arg("tasks", tasks), fmt::arg("trunk", trunk), fmt::arg("heads", heads));
}

}  // namespace eq::run
