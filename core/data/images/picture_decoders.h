#pragma once

#include <string>

#include "core/data/images/picture.h"

namespace eq::data {

/// As decodePicture. \param pixels whether they are wanted. \pre the signature of its format.
Picture decodePng(const std::string& bytes, const std::string& name, bool pixels);
Picture decodeJpeg(const std::string& bytes, const std::string& name, bool pixels);

/// \throws Error when the header promises more than kMostPixels.
void requireFewPixels(const PictureFormat& format, const std::string& name);

}  // namespace eq::data
