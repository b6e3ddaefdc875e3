#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include <jpeglib.h>
#include <png.h>

/// An image as libpng's and libjpeg's own writers take it.
struct Canvas {
  int width = 1, height = 1, channels = 1;  ///< 1 grey, 2 grey and alpha, 3 colours, 4 and alpha
  std::vector<std::uint8_t> values;         ///< row by row
};

inline Canvas canvas(int width, int height, int channels, int seed = 1) {
  Canvas made{width, height, channels, {}};
  for (int i = 0; i < width * height * channels; ++i)
    made.values.push_back(static_cast<std::uint8_t>((i * 37 + seed * 11) % 256));
  return made;
}

namespace pictures {

inline void append(png_structp png, png_bytep data, std::size_t count) {
  static_cast<std::string*>(png_get_io_ptr(png))->append(reinterpret_cast<char*>(data), count);
}

/// \param depth bits a channel: 1, 2, 4, 8, 16. \param palette of red, green, blue.
inline std::string png(int width, int height, int colourType, int depth,
                       const std::vector<std::uint8_t>& rows,
                       const std::vector<png_color>& palette = {}, bool interlaced = false) {
  std::string out;
  auto* png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  auto* info = png_create_info_struct(png);
  if (setjmp(png_jmpbuf(png)) != 0) std::abort();
  png_set_write_fn(png, &out, append, nullptr);
  png_set_IHDR(png, info, static_cast<png_uint_32>(width), static_cast<png_uint_32>(height), depth,
               colourType, interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  if (!palette.empty()) png_set_PLTE(png, info, palette.data(), static_cast<int>(palette.size()));
  png_write_info(png, info);
  const auto stride = rows.size() / static_cast<std::size_t>(height);
  std::vector<png_bytep> pointers;
  for (int row = 0; row < height; ++row)
    pointers.push_back(const_cast<png_bytep>(rows.data() + static_cast<std::size_t>(row) * stride));
  png_write_image(png, pointers.data());
  png_write_end(png, nullptr);
  png_destroy_write_struct(&png, &info);
  return out;
}

inline std::string png(const Canvas& canvas, bool interlaced = false) {
  constexpr int kTypes[] = {PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB,
                            PNG_COLOR_TYPE_RGB_ALPHA};
  return png(canvas.width, canvas.height, kTypes[canvas.channels - 1], 8, canvas.values, {},
             interlaced);
}

/// \param space JCS_GRAYSCALE, JCS_RGB or JCS_CMYK, of the canvas's 1, 3 or 4 channels.
inline std::string jpeg(const Canvas& canvas, J_COLOR_SPACE space, int quality = 100) {
  jpeg_compress_struct jpeg{};
  jpeg_error_mgr errors{};
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_compress(&jpeg);
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&jpeg, &bytes, &size);
  jpeg.image_width = static_cast<JDIMENSION>(canvas.width);
  jpeg.image_height = static_cast<JDIMENSION>(canvas.height);
  jpeg.input_components = canvas.channels;
  jpeg.in_color_space = space;
  jpeg_set_defaults(&jpeg);
  jpeg_set_quality(&jpeg, quality, TRUE);
  jpeg_start_compress(&jpeg, TRUE);
  while (jpeg.next_scanline < jpeg.image_height) {
    auto* row = const_cast<unsigned char*>(canvas.values.data()) +
                jpeg.next_scanline * static_cast<unsigned>(canvas.width * canvas.channels);
    jpeg_write_scanlines(&jpeg, &row, 1);
  }
  jpeg_finish_compress(&jpeg);
  std::string out(reinterpret_cast<char*>(bytes), size);
  jpeg_destroy_compress(&jpeg);
  std::free(bytes);
  return out;
}

}  // namespace pictures
