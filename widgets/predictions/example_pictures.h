#pragma once

#include <cstdint>
#include <vector>

#include <QImage>
#include <QPalette>
#include <QPixmap>

namespace eq::widgets {

/// What an input looks like.
enum class InputLook {
  picture,  ///< [channels, height, width] of one or three channels
  series,   ///< numbers in a row, without names
  text      ///< columns with their names, and a few numbers
};
/// \param named whether the inputs have a name each.
InputLook inputLookOf(const std::vector<std::int64_t>& shape, bool named);

/// The picture as it is: its smallest value black, its largest white, so that the contrast is
/// stretched. Three channels are red, green, blue; of others the mean. \pre the shape has three
/// sizes.
QImage pictureOf(const std::vector<std::int64_t>& shape, const std::vector<double>& values);
/// Enlarged or made smaller by a whole number, to at most `side` pixels where that is possible.
QPixmap atWholeScale(const QImage& image, int side);
/// A line, from the smallest to the largest value.
QPixmap lineOf(const std::vector<double>& values, const QSize& size, const QPalette& palette);

}  // namespace eq::widgets
