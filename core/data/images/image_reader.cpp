#include "core/data/images/image_reader.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/ops/_upsample_bilinear2d_aa.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/zeros.h>

#include "core/base/error.h"
#include "core/base/sha256.h"
#include "core/base/text.h"
#include "core/data/bytes.h"
#include "core/data/memory.h"

namespace eq::data {
namespace {

namespace fs = std::filesystem;
using Size = std::pair<std::int64_t, std::int64_t>;  // height, width

constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 28;

std::string bytesOf(const fs::path& file) {
  const auto bytes = openFile(file);
  if (bytes->size() > kMostBytes)
    fail("{}: {} bytes are more than an image of {} pixels has", bytes->name(), bytes->size(),
         kMostPixels);
  return bytes->text(0, static_cast<size_t>(bytes->size()));
}

/// [channels, height, width] float32, 0 to 1.
at::Tensor asTensor(const Picture& picture) {
  const auto& [height, width, channels, white, alpha] = picture.format;
  auto values = at::zeros({height, width, channels}, at::kFloat);
  std::transform(picture.values.begin(), picture.values.end(), values.mutable_data_ptr<float>(),
                 [scale = static_cast<float>(white)](std::uint16_t value) {
                   return static_cast<float>(value) / scale;
                 });
  return values.permute({2, 0, 1});
}

at::Tensor inColour(const at::Tensor& image, std::int64_t channels) {
  if (image.size(0) == channels) return image;
  if (channels == 3) return image.expand({3, image.size(1), image.size(2)});
  return (0.299 * image[0] + 0.587 * image[1] + 0.114 * image[2]).unsqueeze(0);
}

class ImageReader {
 public:
  ImageReader(const std::vector<fs::path>& files, const ImageWishes& wishes)
      : files_(files), wishes_(wishes), formats_(files.size()) {
    rows_.broken.assign(files.size(), 0);
    rows_.hashes.resize(files.size());
  }

  ImageRows read() {
    forEachGood([&](size_t i) { formats_[i] = formatOf(files_[i]); });
    if (firstGood() == files_.size()) fail("data.path: none of {} images can be read", size());
    const auto channels = chooseChannels();
    const auto [height, width] = chooseSize();
    requireMemory(4.0 * static_cast<double>(size()) * static_cast<double>(channels) *
                      static_cast<double>(height) * static_cast<double>(width),
                  files_[0].parent_path().string(), "name a smaller size, or fewer images");
    rows_.values = at::zeros({size(), channels, height, width}, at::kFloat);
    forEachGood([&](size_t i) {
      const auto bytes = bytesOf(files_[i]);
      auto image = inColour(asTensor(decodePicture(bytes, nameOf(i))), channels);
      if (image.size(1) != height || image.size(2) != width)
        image = at::_upsample_bilinear2d_aa(image.unsqueeze(0), {height, width}, false).squeeze(0);
      rows_.values[static_cast<std::int64_t>(i)].copy_(image);
      rows_.hashes[i] = sha256(bytes);
    });
    note();
    return std::move(rows_);
  }

 private:
  std::int64_t size() const { return std::ssize(files_); }
  std::string nameOf(size_t i) const { return printable(files_[i].string()); }

  template <typename Do>
  void forEachGood(const Do& act) {
    for (size_t i = 0; i < files_.size(); ++i) {
      if (rows_.broken[i]) continue;
      try {
        act(i);
      } catch (const Error& error) {
        if (!wishes_.skipsBroken) throw;
        rows_.broken[i] = 1;
        if (firstProblem_.empty()) firstProblem_ = error.what();
      }
    }
  }

  size_t firstGood() const {
    return static_cast<size_t>(std::find(rows_.broken.begin(), rows_.broken.end(), 0) -
                               rows_.broken.begin());
  }

  template <typename Fits>
  std::int64_t countOfGood(const Fits& fits) const {
    std::int64_t count = 0;
    for (size_t i = 0; i < files_.size(); ++i) count += !rows_.broken[i] && fits(formats_[i]);
    return count;
  }

  std::int64_t chooseChannels() const {
    if (wishes_.colour == "grey") return 1;
    if (wishes_.colour == "rgb") return 3;
    return countOfGood([](const auto& format) { return format.channels == 3; }) > 0 ? 3 : 1;
  }

  Size chooseSize() const {
    if (!wishes_.size.empty()) return {wishes_.size[0], wishes_.size[1]};
    const auto first = firstGood();
    const auto& wanted = formats_[first];
    for (size_t i = first; i < files_.size(); ++i) {
      const auto& found = formats_[i];
      if (rows_.broken[i] || (found.height == wanted.height && found.width == wanted.width))
        continue;
      fail(
          "{}: {} x {} pixels (height x width), {} has {} x {}; say to which size all are scaled "
          "(data.size)",
          nameOf(i), found.height, found.width, nameOf(first), wanted.height, wanted.width);
    }
    return {wanted.height, wanted.width};
  }

  void note(std::int64_t count, const std::string& one, const std::string& many) {
    if (count == 0) return;
    const auto place = printable(files_[0].parent_path().string());
    rows_.warnings.push_back(
        {place, count == 1 ? "1 image " + one : fmt::format("{} images {}", count, many)});
  }

  void note() {
    const auto channels = rows_.values.size(1);
    const auto height = rows_.values.size(2), width = rows_.values.size(3);
    const auto broken = std::count(rows_.broken.begin(), rows_.broken.end(), 1);
    note(broken, "cannot be read and is left out: " + firstProblem_,
         "cannot be read and are left out; the first: " + firstProblem_);
    note(countOfGood([](const auto& format) { return format.alpha; }),
         "has transparency, which is left out", "have transparency, which is left out");
    note(countOfGood([&](const auto& format) { return format.channels < channels; }),
         "is grey and gets three equal channels beside images in colour",
         "are grey and get three equal channels beside images in colour");
    note(countOfGood([&](const auto& format) { return format.channels > channels; }),
         "in colour is made grey (0.299 red + 0.587 green + 0.114 blue)",
         "in colour are made grey (0.299 red + 0.587 green + 0.114 blue)");
    const auto to = fmt::format("{} x {} pixels", height, width);
    note(countOfGood(
             [&](const auto& format) { return format.height != height || format.width != width; }),
         "is scaled to " + to, "are scaled to " + to);
    note(countOfGood(
             [&](const auto& format) { return format.height * width != format.width * height; }),
         "of other proportions is stretched", "of other proportions are stretched");
  }

  const std::vector<fs::path>& files_;
  const ImageWishes& wishes_;
  std::vector<PictureFormat> formats_;
  ImageRows rows_;
  std::string firstProblem_;
};

}  // namespace

PictureFormat formatOf(const fs::path& file) {
  return decodePictureFormat(bytesOf(file), printable(file.string()));
}

ImageRows readImages(const std::vector<fs::path>& files, const ImageWishes& wishes) {
  return ImageReader(files, wishes).read();
}

}  // namespace eq::data
