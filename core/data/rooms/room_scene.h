#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace eq::data {

/// A place or a direction in a room, metres: x and z along the floor, y upwards.
struct Vector {
  double x = 0, y = 0, z = 0;

  Vector operator+(const Vector& o) const { return {x + o.x, y + o.y, z + o.z}; }
  Vector operator-(const Vector& o) const { return {x - o.x, y - o.y, z - o.z}; }
  Vector operator*(double factor) const { return {x * factor, y * factor, z * factor}; }
  double dot(const Vector& o) const { return x * o.x + y * o.y + z * o.z; }
};

/// What a pixel shows, in the order of the classes.
enum class RoomClass { wall, floor, ceiling, picture, box, ball, column };
/// Their names.
std::vector<std::string> roomClassNames();

/// Red, green and blue, 0 to 1.
using Colour = Vector;

/// A colour, and a second one in squares of this side; 0: without.
struct RoomSurface {
  Colour colour = {0.7, 0.7, 0.7}, other = {};
  double square = 0;
};

/// On the floor, turned by an angle about its middle.
struct RoomBox {
  Vector middle, half;  ///< half of its sides
  double turn = 0;      ///< radians
  Colour colour = {};
};
struct RoomBall {
  Vector middle;
  double radius = 0.3;
  Colour colour = {};
};
/// From the floor to the ceiling.
struct RoomColumn {
  double x = 0, z = 0, radius = 0.2;
  Colour colour = {};
};
/// A rectangle on a wall: 0 at x = 0, 1 at x = width, 2 at z = 0, 3 at z = length.
struct RoomPicture {
  int wall = 0;
  double from = 0, to = 0, bottom = 0, top = 0;  ///< along the wall, and upwards
  Colour colour = {};
};

/// Looks along z where `turn` and `tilt` are 0, with x to its right.
struct RoomCamera {
  Vector place;
  double turn = 0;                    ///< about the vertical, to the right, radians
  double tilt = 0;                    ///< upwards, radians
  double field = 1.3089969389957472;  ///< horizontal angle of view, radians: 75 degrees
};

/// A room with one lamp in it.
struct RoomScene {
  double width = 4, height = 2.6, length = 5;  ///< along x, y and z
  RoomSurface walls, floor, ceiling;
  std::vector<RoomBox> boxes = {};
  std::vector<RoomBall> balls = {};
  std::vector<RoomColumn> columns = {};
  std::vector<RoomPicture> pictures = {};
  Vector lamp = {2, 2.4, 2.5};
  RoomCamera camera = {};
};

/// What one pixel sees.
struct RoomPoint {
  RoomClass shown = RoomClass::wall;
  double depth = 0;  ///< along the camera's axis, metres
  Vector normal;     ///< of length 1, as the camera sees it: to its right, up, and towards it
  Colour colour;     ///< with light and shadow
};

/// Looks through the middle of a pixel, one ray a pixel, in double precision.
class RoomEye {
 public:
  /// \param height, width of the image, pixels.
  RoomEye(const RoomScene& scene, std::int64_t height, std::int64_t width);

  RoomPoint at(std::int64_t row, std::int64_t column) const;

 private:
  struct Hit {
    double distance;  ///< in lengths of the ray's direction
    Vector normal;    ///< in the room
    RoomClass shown;
    Colour colour;
  };
  Hit hitOf(const Vector& from, const Vector& along) const;
  Hit shell(const Vector& from, const Vector& along) const;
  bool hasLight(const Vector& place) const;

  const RoomScene& scene_;
  double middleRow_, middleColumn_, focal_;  ///< pixels
  Vector right_, up_, ahead_;
};

}  // namespace eq::data
