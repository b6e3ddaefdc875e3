// Maps of weights that come with the program.
#include <utility>

#include <fmt/ranges.h>

#include "core/base/error.h"
#include "core/base/json_file.h"
#include "core/train/weight_map.h"

namespace eq::train {
namespace {

struct Shipped {
  const char* name;
  const char* json;
};

/// For imagenet_resnet, whose parameters have torchvision's names, which are timm's as well.
constexpr const char* kResnetTorchvision = R"({
  "description": "ResNet-18, 34 and 50 as torchvision and timm call their tensors",
  "tensors": [{"ours": "trunk.*", "theirs": "*"}]
})";

/// For vit, whose parameters have timm's names where they have timm's shapes.
constexpr const char* kVitTimm = R"({
  "description": "Vision transformers as timm calls their tensors",
  "tensors": [
    {"ours": "trunk.blocks.*.attn.query.*", "theirs": "blocks.*.attn.qkv.*", "part": [0, 3]},
    {"ours": "trunk.blocks.*.attn.key.*", "theirs": "blocks.*.attn.qkv.*", "part": [1, 3]},
    {"ours": "trunk.blocks.*.attn.value.*", "theirs": "blocks.*.attn.qkv.*", "part": [2, 3]},
    {"ours": "trunk.blocks.*.attn.output.*", "theirs": "blocks.*.attn.proj.*"},
    {"ours": "trunk.patch_embed.proj.weight", "theirs": "patch_embed.proj.weight", "reshape": true},
    {"ours": "trunk.cls_token", "theirs": "cls_token", "reshape": true},
    {"ours": "trunk.pos_embed", "theirs": "pos_embed", "reshape": true},
    {"ours": "trunk.*", "theirs": "*"}
  ]
})";

constexpr const char* kVitTorchvision = R"({
  "description": "Vision transformers as torchvision calls their tensors",
  "tensors": [
    {"ours": "trunk.blocks.*.attn.query.*",
     "theirs": "encoder.layers.encoder_layer_*.self_attention.in_proj_*", "part": [0, 3]},
    {"ours": "trunk.blocks.*.attn.key.*",
     "theirs": "encoder.layers.encoder_layer_*.self_attention.in_proj_*", "part": [1, 3]},
    {"ours": "trunk.blocks.*.attn.value.*",
     "theirs": "encoder.layers.encoder_layer_*.self_attention.in_proj_*", "part": [2, 3]},
    {"ours": "trunk.blocks.*.attn.output.*",
     "theirs": "encoder.layers.encoder_layer_*.self_attention.out_proj.*"},
    {"ours": "trunk.blocks.*.norm1.*", "theirs": "encoder.layers.encoder_layer_*.ln_1.*"},
    {"ours": "trunk.blocks.*.norm2.*", "theirs": "encoder.layers.encoder_layer_*.ln_2.*"},
    {"ours": "trunk.blocks.*.mlp.fc1.*", "theirs": "encoder.layers.encoder_layer_*.mlp.0.*"},
    {"ours": "trunk.blocks.*.mlp.fc2.*", "theirs": "encoder.layers.encoder_layer_*.mlp.3.*"},
    {"ours": "trunk.blocks.*.mlp.fc1.*", "theirs": "encoder.layers.encoder_layer_*.mlp.linear_1.*"},
    {"ours": "trunk.blocks.*.mlp.fc2.*", "theirs": "encoder.layers.encoder_layer_*.mlp.linear_2.*"},
    {"ours": "trunk.patch_embed.proj.weight", "theirs": "conv_proj.weight", "reshape": true},
    {"ours": "trunk.patch_embed.proj.bias", "theirs": "conv_proj.bias"},
    {"ours": "trunk.cls_token", "theirs": "class_token", "reshape": true},
    {"ours": "trunk.pos_embed", "theirs": "encoder.pos_embedding", "reshape": true},
    {"ours": "trunk.norm.*", "theirs": "encoder.ln.*"}
  ]
})";

constexpr Shipped kShipped[] = {{"resnet-torchvision", kResnetTorchvision},
                                {"vit-timm", kVitTimm},
                                {"vit-torchvision", kVitTorchvision}};

}  // namespace

std::vector<std::string> shippedMapNames() {
  std::vector<std::string> names;
  for (const auto& [name, text] : kShipped) names.emplace_back(name);
  return names;
}

WeightMap shippedMap(const std::string& name) {
  for (const auto& [known, text] : kShipped)
    if (name == known) return {parseJson(text, name), name};
  fail(
      "init.map: no map {} comes with the program; there are {}, and a file's name ends with .json",
      name, fmt::join(shippedMapNames(), ", "));
}

}  // namespace eq::train
