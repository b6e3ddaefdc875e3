#include <algorithm>
#include <bit>
#include <csetjmp>
#include <cstring>

#include <png.h>

#include "core/base/error.h"
#include "core/data/images/picture_decoders.h"

namespace eq::data {
namespace {

/// What libpng reads from, and what it said when it gave up.
struct PngSource {
  const std::string& bytes;
  size_t position = 0;
  std::string problem = {};
};

void readPng(png_structp png, png_bytep out, size_t count) {
  auto& source = *static_cast<PngSource*>(png_get_io_ptr(png));
  if (count > source.bytes.size() - source.position) png_error(png, "the file ends here");
  std::memcpy(out, source.bytes.data() + source.position, count);
  source.position += count;
}

[[noreturn]] void stopPng(png_structp png, png_const_charp problem) {
  static_cast<PngSource*>(png_get_error_ptr(png))->problem = problem;
  png_longjmp(png, 1);
}

/// What libpng can go on after, such as an ancillary chunk that is broken, changes no pixel.
void ignorePng(png_structp, png_const_charp) {}

/// Owns libpng's structures.
class PngReader {
 public:
  explicit PngReader(PngSource& source)
      : png_(png_create_read_struct(PNG_LIBPNG_VER_STRING, &source, stopPng, ignorePng)),
        info_(png_ == nullptr ? nullptr : png_create_info_struct(png_)) {
    if (info_ == nullptr) throw Error("libpng: out of memory", ErrorKind::failure);
    png_set_read_fn(png_, &source, readPng);
    png_set_user_limits(png_, 0x7fffffff, 0x7fffffff);
  }
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  // libpng jumps out of its calls when it gives up: between setjmp and them lives nothing that has
  // a destructor. \returns false when it did.

  bool readHeader(PictureFormat& format) {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    png_read_info(png_, info_);
    const auto colour = png_get_color_type(png_, info_);
    format.height = png_get_image_height(png_, info_);
    format.width = png_get_image_width(png_, info_);
    format.channels = (colour & PNG_COLOR_MASK_COLOR) != 0 ? 3 : 1;
    format.white = png_get_bit_depth(png_, info_) == 16 ? 65535 : 255;
    format.alpha =
        (colour & PNG_COLOR_MASK_ALPHA) != 0 || png_get_valid(png_, info_, PNG_INFO_tRNS) != 0;
    return true;
  }

  /// Makes rows of 1 or 3 channels of 8 or 16 bits. \returns bytes a row; 0 when it gave up.
  size_t beginRows() {
    if (setjmp(png_jmpbuf(png_)) != 0) return 0;
    png_set_palette_to_rgb(png_);
    png_set_expand_gray_1_2_4_to_8(png_);
    png_set_strip_alpha(png_);
    if (std::endian::native == std::endian::little) png_set_swap(png_);
    png_set_interlace_handling(png_);
    png_read_update_info(png_, info_);
    return png_get_rowbytes(png_, info_);
  }

  bool readRows(png_bytepp rows) {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    png_read_image(png_, rows);
    png_read_end(png_, nullptr);
    return true;
  }

 private:
  png_structp png_;
  png_infop info_;
};

[[noreturn]] void failAt(const PngSource& source, const std::string& name) {
  fail("{}: byte {}: {}; the PNG image is broken or cut off", name, source.position,
       source.problem);
}

/// \param bytes of all rows.
std::vector<std::uint16_t> widened(const std::vector<unsigned char>& bytes, bool deep) {
  std::vector<std::uint16_t> values(deep ? bytes.size() / 2 : bytes.size());
  if (deep)
    std::memcpy(values.data(), bytes.data(), bytes.size());
  else
    std::copy(bytes.begin(), bytes.end(), values.begin());
  return values;
}

}  // namespace

Picture decodePng(const std::string& bytes, const std::string& name, bool pixels) {
  PngSource source{bytes};
  PngReader reader(source);
  Picture picture;
  if (!reader.readHeader(picture.format)) failAt(source, name);
  if (!pixels) return picture;
  requireFewPixels(picture.format, name);
  const auto rowBytes = reader.beginRows();
  if (rowBytes == 0) failAt(source, name);
  const auto height = static_cast<size_t>(picture.format.height);
  std::vector<unsigned char> data(rowBytes * height);
  std::vector<png_bytep> rows(height);
  for (size_t row = 0; row < height; ++row) rows[row] = data.data() + row * rowBytes;
  if (!reader.readRows(rows.data())) failAt(source, name);
  picture.values = widened(data, picture.format.white > 255);
  return picture;
}

}  // namespace eq::data
