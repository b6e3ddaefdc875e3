#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstdio>
#include <string>

#include <jpeglib.h>
// behind jpeglib.h
#include <jerror.h>

#include "core/base/error.h"
#include "core/data/images/picture_decoders.h"

namespace eq::data {
namespace {

/// libjpeg's errors end in a jump; its warnings are of data that it made up, which count as errors,
/// but for bytes between two markers.
struct JpegErrors {
  jpeg_error_mgr manager;  ///< first, so that libjpeg's pointer to it is one to this
  std::jmp_buf place;
  std::array<char, JMSG_LENGTH_MAX> problem;
};

[[noreturn]] void stopJpeg(j_common_ptr jpeg) {
  auto* errors = reinterpret_cast<JpegErrors*>(jpeg->err);
  jpeg->err->format_message(jpeg, errors->problem.data());
  std::longjmp(errors->place, 1);
}

void takeJpegMessage(j_common_ptr jpeg, int level) {
  const bool isWarning = level < 0;
  if (isWarning && jpeg->err->msg_code != JWRN_EXTRANEOUS_DATA) stopJpeg(jpeg);
}

/// Owns libjpeg's decompressor.
class JpegReader {
 public:
  explicit JpegReader(const std::string& bytes) : bytes_(bytes) {
    jpeg_.err = jpeg_std_error(&errors_.manager);
    errors_.manager.error_exit = stopJpeg;
    errors_.manager.emit_message = takeJpegMessage;
    errors_.problem[0] = 0;
  }
  ~JpegReader() {
    if (made_) jpeg_destroy_decompress(&jpeg_);
  }
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;

  // Between setjmp and the calls that may jump lives nothing that has a destructor. \returns false
  // when libjpeg gave up.

  bool readHeader(PictureFormat& format) {
    if (setjmp(errors_.place) != 0) return false;
    jpeg_create_decompress(&jpeg_);
    made_ = true;
    jpeg_mem_src(&jpeg_, reinterpret_cast<const unsigned char*>(bytes_.data()), bytes_.size());
    jpeg_read_header(&jpeg_, TRUE);
    format.height = jpeg_.image_height;
    format.width = jpeg_.image_width;
    format.channels = jpeg_.jpeg_color_space == JCS_GRAYSCALE ? 1 : 3;
    return true;
  }

  bool hasColoursOfScreens() const {
    const auto space = jpeg_.jpeg_color_space;
    return space == JCS_GRAYSCALE || space == JCS_YCbCr || space == JCS_RGB;
  }

  /// \param values room for all of the image.
  bool readRows(std::uint16_t* values, unsigned char* row) {
    if (setjmp(errors_.place) != 0) return false;
    jpeg_.out_color_space = jpeg_.jpeg_color_space == JCS_GRAYSCALE ? JCS_GRAYSCALE : JCS_RGB;
    copyRows(values, row);
    return true;
  }

  [[noreturn]] void failHere(const std::string& name) const {
    const auto left = made_ && jpeg_.src != nullptr ? jpeg_.src->bytes_in_buffer : bytes_.size();
    const auto at = left > bytes_.size() ? bytes_.size() : bytes_.size() - left;
    fail("{}: byte {}: {}; the JPEG image is broken or cut off", name, at, errors_.problem.data());
  }

 private:
  void copyRows(std::uint16_t* values, unsigned char* row) {
    jpeg_start_decompress(&jpeg_);
    const auto width =
        static_cast<size_t>(jpeg_.output_width) * static_cast<size_t>(jpeg_.output_components);
    while (jpeg_.output_scanline < jpeg_.output_height) {
      jpeg_read_scanlines(&jpeg_, &row, 1);
      values = std::copy_n(row, width, values);
    }
    jpeg_finish_decompress(&jpeg_);
  }

  const std::string& bytes_;
  jpeg_decompress_struct jpeg_{};
  JpegErrors errors_{};
  bool made_ = false;
};

}  // namespace

Picture decodeJpeg(const std::string& bytes, const std::string& name, bool pixels) {
  JpegReader reader(bytes);
  Picture picture;
  if (!reader.readHeader(picture.format)) reader.failHere(name);
  if (!reader.hasColoursOfScreens())
    fail("{}: a JPEG image in CMYK or another space of colours for print; save it in RGB", name);
  if (!pixels) return picture;
  requireFewPixels(picture.format, name);
  const auto& [height, width, channels, white, alpha] = picture.format;
  picture.values.resize(static_cast<size_t>(height * width * channels));
  std::vector<unsigned char> row(static_cast<size_t>(width * channels));
  if (!reader.readRows(picture.values.data(), row.data())) reader.failHere(name);
  return picture;
}

}  // namespace eq::data
