#include "core/model/dense/dense_cnn.h"

#include <array>
#include <optional>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/upsample_nearest2d.h>

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/model/dense/map_readout.h"
#include "core/model/staged_model.h"
#include "core/model/usual_parameters.h"

namespace eq::model {
namespace {

constexpr std::int64_t kFilter = 3;

/// What follows the encoder for a task with maps. Step s gives maps of the size that stage s reads.
struct Decoder {
  std::vector<std::unique_ptr<Layer>> steps;
  MapReadout readout;
};

/// Every stage's maps are a representation; the last is the only one that all read.
class DenseCnn : public StagedModel {
 public:
  DenseCnn(const Parameters& parameters, const Setting& setting)
      : StagedModel(setting),
        channels_(parameters.integers("channels")),
        skips_(parameters.boolean("skips") && channels_.size() > 1),
        seed_(setting.seed) {
    addEncoder(setting.inputShape);
    for (size_t k = 0; k < taskCount(); ++k) addHead(k, setting.tasks[k], parameters);
    parameters_.allocate(setting.type);
  }

  HeadOutput head(size_t task, const std::vector<at::Tensor>& read,
                  const Pass& pass) const override {
    if (!decoders_[task])
      return outputOf(*heads_[task], read, pass,
                      [](const auto& maps, const Pass&) { return maps.back().flatten(2).mean(2); });
    auto maps = read;
    if (pass.views)  // no loss of maps reads the second views
      for (auto& one : maps) one = one.narrow(0, 0, one.size(0) / 2);
    return decoded(*decoders_[task], maps, pass);
  }

  bool readsInDepth() const override { return skips_; }
  size_t frontier() const override { return skips_ ? 0 : 1; }

 private:
  void addEncoder(const std::vector<std::int64_t>& shape) {
    BaseSizes sizes;
    sizes.channels = channels_;
    sizes.kernel = kFilter;
    sizes.same = true;
    const BaseNetwork base(std::move(sizes), shape);
    LayerFactory factory(parameters_, seed_);
    addStages(base, factory);
    sizes_.push_back({shape[1], shape[2]});
    for (size_t stage = 0; stage < base.stages(); ++stage)
      sizes_.push_back({sizes_.back()[0] / 2, sizes_.back()[1] / 2});
  }

  void addHead(size_t task, const TaskInfo& info, const Parameters& parameters) {
    const auto block = blockOf(task, Part::head);
    LayerFactory factory(parameters_, deriveSeed(seed_, block.name));
    decoders_.emplace_back();
    heads_.emplace_back();
    reads_[task] = {stages_.size() - 1};
    if (!isMapTask(info)) {
      heads_.back() = makeHead(factory, task, block, channels_.back(), parameters);
      return;
    }
    if (info.imageShape[0] != sizes_[0][0] || info.imageShape[1] != sizes_[0][1])
      fail("model.id: dense_cnn draws maps of the images' size, {} x {}; those of {} are {} x {}",
           sizes_[0][0], sizes_[0][1], info.name, info.imageShape[0], info.imageShape[1]);
    if (skips_) {
      reads_[task].clear();
      for (size_t stage = 0; stage < stages_.size(); ++stage) reads_[task].push_back(stage);
    }
    addDecoder(task, info, block, parameters.integer("decoder"), factory);
  }

  void addDecoder(size_t task, const TaskInfo& info, const Block& block, std::int64_t width,
                  LayerFactory& factory) {
    std::vector<std::unique_ptr<Layer>> steps(stages_.size());
    auto inputs = channels_.back();
    for (size_t step = steps.size(); step-- > 0;) {
      if (skips_ && step > 0) inputs += channels_[step - 1];
      steps[step] = factory.convolution(fmt::format("{}.decoder.{}", block.name, step), inputs,
                                        width, kFilter, 1, block);
      inputs = width;
    }
    decoders_.back() = Decoder{std::move(steps), MapReadout(parameters_, deriveSeed(seed_, "heads"),
                                                            block, width, info, wantedBy(task))};
  }

  HeadOutput decoded(const Decoder& decoder, const std::vector<at::Tensor>& maps,
                     const Pass& pass) const {
    auto h = maps.back();
    for (size_t step = decoder.steps.size(); step-- > 0;) {
      h = at::upsample_nearest2d(h, at::IntArrayRef(sizes_[step]), std::nullopt, std::nullopt);
      if (skips_ && step > 0) h = at::cat({h, maps[step - 1]}, 1);
      h = at::relu(decoder.steps[step]->forward(h, parameters_, pass, nullptr));
    }
    if (pass.multiplyAdds)
      *pass.multiplyAdds +=
          h.size(0) * h.size(2) * h.size(3) * decoder.readout.multiplyAdds(parameters_);
    return decoder.readout.forward(h, parameters_);
  }

  std::vector<std::int64_t> channels_;
  bool skips_;
  std::uint64_t seed_;
  std::vector<std::array<std::int64_t, 2>> sizes_;  ///< {height, width} before each stage
  std::vector<std::optional<Decoder>> decoders_;    ///< [task]; none: it has no map
  std::vector<std::optional<Head>> heads_;          ///< [task]; none: it has a decoder
};

void checkDenseCnn(const Parameters& parameters, const Setting& setting) {
  if (setting.inputShape.size() != 3)
    fail("model.id: dense_cnn needs images [channels, height, width], found inputs [{}]",
         fmt::join(setting.inputShape, ", "));
  if (parameters.integers("channels").empty())
    fail("model.channels: needs at least one stage, found []");
}

}  // namespace

CatalogRow<Model, const Setting&> denseCnnRow() {
  Descriptor descriptor;
  descriptor.id = "dense_cnn";
  descriptor.title = "Encoder and decoders";
  descriptor.summary =
      "A shared convolutional encoder; each task with a map (segmentation, depth, normals) has a "
      "decoder back to the image's size, any other task a head on the mean over places.";
  descriptor.formula =
      "h_s = pool(relu(conv(h_{s−1}))); d_S = h_S, d_s = relu(conv([up(d_{s+1}) ; h_s])); ŷ_k = "
      "V_k d_0 + c_k at each pixel";
  descriptor.citation =
      "Ronneberger, Fischer and Brox, U-Net, MICCAI 2015; decoders a task as in Liu et al., MTAN, "
      "CVPR 2019";
  descriptor.parameters = {
      ParameterSpec::integerList("channels", {16, 32, 64}, "Filters of each stage of the encoder")
          .from(1)
          .to(65536),
      ParameterSpec::integer("decoder", 16, "Filters of each step of a decoder").from(1).to(65536),
      ParameterSpec::boolean("skips", true,
                             "Decoders read the maps of all stages, not of the last alone; then "
                             "there is no one place where the tasks part"),
      headHiddenSpec(),
  };
  return {descriptor,
          [](const Parameters& parameters, const Setting& setting) -> std::unique_ptr<Model> {
            checkDenseCnn(parameters, setting);
            return std::make_unique<DenseCnn>(parameters, setting);
          }};
}

}  // namespace eq::model
