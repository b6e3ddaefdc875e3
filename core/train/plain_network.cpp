#include "core/train/plain_network.h"

namespace eq::train {
namespace {

using namespace torch::nn;

class ResidualBlockImpl : public Module {
 public:
  explicit ResidualBlockImpl(Sequential branch, Sequential shortcut = {}) {
    branch_ = register_module("branch", std::move(branch));
    shortcut_ = register_module("shortcut", std::move(shortcut));
  }
  at::Tensor forward(const at::Tensor& input) {
    return (shortcut_->is_empty() ? input : shortcut_->forward(input)) + branch_->forward(input);
  }

 private:
  Sequential branch_, shortcut_;
};
TORCH_MODULE(ResidualBlock);

/// Self-attention by PyTorch's own function.
class SelfAttentionImpl : public Module {
 public:
  SelfAttentionImpl(std::int64_t width, std::int64_t heads) : heads_(heads) {
    query_ = register_module("query", Linear(width, width));
    key_ = register_module("key", Linear(width, width));
    value_ = register_module("value", Linear(width, width));
    output_ = register_module("output", Linear(width, width));
  }
  at::Tensor forward(const at::Tensor& tokens) {
    const auto apart = [&](Linear& part) {
      return part->forward(tokens).unflatten(2, {heads_, -1}).transpose(1, 2);
    };
    const auto mixed =
        torch::scaled_dot_product_attention(apart(query_), apart(key_), apart(value_));
    return output_->forward(mixed.transpose(1, 2).flatten(2));
  }

 private:
  std::int64_t heads_;
  Linear query_{nullptr}, key_{nullptr}, value_{nullptr}, output_{nullptr};
};
TORCH_MODULE(SelfAttention);

class PositionsImpl : public Module {
 public:
  PositionsImpl(std::int64_t tokens, std::int64_t width)
      : table_(register_parameter("table", torch::randn({tokens, width}))) {}
  at::Tensor forward(const at::Tensor& tokens) { return tokens + table_; }

 private:
  at::Tensor table_;
};
TORCH_MODULE(Positions);

Conv2d square(std::int64_t inputs, std::int64_t outputs, std::int64_t stride) {
  return Conv2d(Conv2dOptions(inputs, outputs, 3).padding(1).stride(stride));
}

GroupNorm normOf(std::int64_t channels) {
  return GroupNorm(GroupNormOptions(8, channels));
}

Sequential resnetTrunk() {
  const auto branch = [](std::int64_t inputs, std::int64_t outputs, std::int64_t stride) {
    return Sequential(normOf(inputs), ReLU(), square(inputs, outputs, stride), normOf(outputs),
                      ReLU(), square(outputs, outputs, 1));
  };
  const Sequential shortcut(Conv2d(Conv2dOptions(16, 32, 1).stride(2)));
  return Sequential(square(1, 16, 1), ResidualBlock(branch(16, 16, 1)), ReLU(),
                    ResidualBlock(branch(16, 32, 2), shortcut), ReLU(),
                    Functional([](const at::Tensor& maps) {
                      return maps.mean({2, 3});
                    }));
}

Sequential transformerTrunk() {
  constexpr std::int64_t kWidth = 32;
  const auto norm = [] { return LayerNorm(LayerNormOptions({kWidth})); };
  Sequential trunk(
      Conv2d(Conv2dOptions(1, kWidth, 4).stride(4)),
      Functional([](const at::Tensor& maps) { return maps.flatten(2).transpose(1, 2); }),
      Positions(49, kWidth));
  for (int layer = 0; layer < 2; ++layer) {
    trunk->push_back(ResidualBlock(Sequential(norm(), SelfAttention(kWidth, 4))));
    trunk->push_back(ResidualBlock(
        Sequential(norm(), Linear(kWidth, 2 * kWidth), GELU(), Linear(2 * kWidth, kWidth))));
  }
  trunk->push_back(norm());
  trunk->push_back(Functional([](const at::Tensor& tokens) { return tokens.mean(1); }));
  return trunk;
}

}  // namespace

std::pair<Sequential, std::int64_t> plainTrunk(const std::string& model) {
  if (model == "mlp") return {Sequential(Linear(64, 512), ReLU(), Linear(512, 512), ReLU()), 512};
  if (model == "resnet") return {resnetTrunk(), 32};
  if (model == "transformer") return {transformerTrunk(), 32};
  return {Sequential(Conv2d(1, 16, 3), ReLU(), MaxPool2d(2), Conv2d(16, 32, 3), ReLU(),
                     MaxPool2d(2), Flatten(), Linear(32 * 5 * 5, 128), ReLU()),
          128};
}

}  // namespace eq::train
