#pragma once

#include <cstdint>
#include <vector>

#include <QImage>
#include <QString>

#include "core/train/prediction_survey.h"
#include "widgets/style/theme.h"

namespace eq::widgets {

/// What a map of a task holds.
enum class MapKind {
  classes,  ///< the class of each pixel
  numbers,  ///< one number a pixel: depth
  normals,  ///< three a pixel, the first of all pixels, then the second ...
  none      ///< it cannot be drawn as a map
};
MapKind mapKindOf(const TaskInfo& task, std::size_t numbers);

/// One example's maps side by side, a pixel a pixel of the map.
struct MapPictures {
  QImage target, prediction, error;
  QString scale;  ///< what the colours mean, for people
};

/// Colours are those of `classColour`, `depthColour` and `normalColour` on one scale for target and
/// prediction; errors are right (grey) and wrong, absolute differences, or degrees, from 0 to the
/// largest. What is not there is transparent, what is predicted as no finite number has the theme's
/// colour of alarm. \pre the kind is not `none`.
MapPictures drawMaps(const TaskInfo& task, const std::vector<double>& target,
                     const std::vector<double>& prediction, Theme theme);

/// Of classes of pixels: as tasks have them, past the eighth in other tones.
QColor classColour(Theme theme, std::int64_t number);
/// Perceptually even, dark blue to yellow (viridis), of an amount in [0, 1].
QColor depthColour(double amount);
/// A unit vector as x, y, z in red, green, blue: -1 is 0, 1 is 255.
QColor normalColour(double x, double y, double z);
/// Degrees between two vectors of any length above 0; NaN where one is 0.
double degreesBetween(const double (&one)[3], const double (&other)[3]);

}  // namespace eq::widgets
