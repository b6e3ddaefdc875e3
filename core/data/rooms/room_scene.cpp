#include "core/data/rooms/room_scene.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>

namespace eq::data {
namespace {

constexpr double kNearest = 1e-9;  // a ray does not meet the surface that it starts from
constexpr double kAmbient = 0.35;  // light that comes from everywhere
constexpr double kReach = 4;       // metres at which the lamp gives half of its light

struct Met {
  double distance;
  Vector normal;
};

/// Where the ray goes into a ball or, without y, into a column.
std::optional<double> roundMet(const Vector& from, const Vector& along, double radius) {
  const double a = along.dot(along), b = from.dot(along), c = from.dot(from) - radius * radius;
  const double root = b * b - a * c;
  if (root < 0) return std::nullopt;
  const double distance = (-b - std::sqrt(root)) / a;
  if (!(distance > kNearest)) return std::nullopt;
  return distance;
}

std::optional<Met> metBy(const RoomBall& ball, const Vector& from, const Vector& along) {
  const auto distance = roundMet(from - ball.middle, along, ball.radius);
  if (!distance) return std::nullopt;
  return Met{*distance, (from + along * *distance - ball.middle) * (1 / ball.radius)};
}

std::optional<Met> metBy(const RoomColumn& column, const Vector& from, const Vector& along) {
  const Vector flat{along.x, 0, along.z}, start{from.x - column.x, 0, from.z - column.z};
  if (flat.dot(flat) == 0) return std::nullopt;
  const auto distance = roundMet(start, flat, column.radius);
  if (!distance) return std::nullopt;
  return Met{*distance, (start + flat * *distance) * (1 / column.radius)};
}

Vector turned(const Vector& v, double angle) {
  const double c = std::cos(angle), s = std::sin(angle);
  return {c * v.x + s * v.z, v.y, c * v.z - s * v.x};
}

std::optional<Met> metBy(const RoomBox& box, const Vector& from, const Vector& along) {
  const auto start = turned(from - box.middle, -box.turn), way = turned(along, -box.turn);
  const std::array<double, 3> at{start.x, start.y, start.z}, to{way.x, way.y, way.z},
      half{box.half.x, box.half.y, box.half.z};
  double enters = -std::numeric_limits<double>::infinity();
  double leaves = std::numeric_limits<double>::infinity();
  size_t side = 0;
  for (size_t i = 0; i < 3; ++i) {
    if (to[i] == 0) {
      if (std::abs(at[i]) > half[i]) return std::nullopt;
      continue;
    }
    const double one = (-half[i] - at[i]) / to[i], other = (half[i] - at[i]) / to[i];
    if (const double first = std::min(one, other); first > enters) enters = first, side = i;
    leaves = std::min(leaves, std::max(one, other));
  }
  if (enters > leaves || !(enters > kNearest)) return std::nullopt;
  std::array<double, 3> normal{};
  normal[side] = to[side] > 0 ? -1 : 1;
  return Met{enters, turned({normal[0], normal[1], normal[2]}, box.turn)};
}

/// The colour at a place of a surface with these coordinates.
Colour colourAt(const RoomSurface& surface, double a, double b) {
  if (surface.square <= 0) return surface.colour;
  const auto squares = std::floor(a / surface.square) + std::floor(b / surface.square);
  return std::fmod(std::abs(squares), 2) < 0.5 ? surface.colour : surface.other;
}

/// Whether anything stands between the ray's start and its end.
template <typename Things>
bool blocks(const Things& things, const Vector& from, const Vector& along) {
  return std::any_of(things.begin(), things.end(), [&](const auto& thing) {
    const auto met = metBy(thing, from, along);
    return met && met->distance < 1;
  });
}

}  // namespace

std::vector<std::string> roomClassNames() {
  return {"wall", "floor", "ceiling", "picture", "box", "ball", "column"};
}

RoomEye::RoomEye(const RoomScene& scene, std::int64_t height, std::int64_t width)
    : scene_(scene),
      middleRow_(static_cast<double>(height) / 2),
      middleColumn_(static_cast<double>(width) / 2),
      focal_(middleColumn_ / std::tan(scene.camera.field / 2)) {
  const auto& camera = scene.camera;
  const double c = std::cos(camera.turn), s = std::sin(camera.turn);
  const double level = std::cos(camera.tilt), rise = std::sin(camera.tilt);
  right_ = {c, 0, -s};
  ahead_ = {s * level, rise, c * level};
  up_ = {-s * rise, level, -c * rise};
}

RoomPoint RoomEye::at(std::int64_t row, std::int64_t column) const {
  // The step along the axis is 1, so that a distance on the ray is the depth.
  const double across = (static_cast<double>(column) + 0.5 - middleColumn_) / focal_;
  const double upwards = (middleRow_ - static_cast<double>(row) - 0.5) / focal_;
  const auto along = ahead_ + right_ * across + up_ * upwards;
  const auto& from = scene_.camera.place;
  const auto hit = hitOf(from, along);
  const auto place = from + along * hit.distance;
  const auto way = scene_.lamp - place;
  const double far = std::sqrt(way.dot(way));
  const double slope = std::max(0.0, hit.normal.dot(way) / far);
  const bool isLit = slope > 0 && hasLight(place + hit.normal * 1e-6);
  const double lamp = isLit ? slope / (1 + far * far / (kReach * kReach)) : 0;
  return {hit.shown,
          hit.distance,
          {hit.normal.dot(right_), hit.normal.dot(up_), -hit.normal.dot(ahead_)},
          hit.colour * (kAmbient + (1 - kAmbient) * lamp)};
}

bool RoomEye::hasLight(const Vector& place) const {
  const auto way = scene_.lamp - place;
  return !blocks(scene_.boxes, place, way) && !blocks(scene_.balls, place, way) &&
         !blocks(scene_.columns, place, way);
}

RoomEye::Hit RoomEye::hitOf(const Vector& from, const Vector& along) const {
  auto nearest = shell(from, along);
  const auto look = [&](const auto& things, RoomClass shown) {
    for (const auto& thing : things)
      if (const auto met = metBy(thing, from, along); met && met->distance < nearest.distance)
        nearest = {met->distance, met->normal, shown, thing.colour};
  };
  look(scene_.boxes, RoomClass::box);
  look(scene_.balls, RoomClass::ball);
  look(scene_.columns, RoomClass::column);
  return nearest;
}

/// Walls with their pictures, floor and ceiling, from within.
RoomEye::Hit RoomEye::shell(const Vector& from, const Vector& along) const {
  const auto distanceTo = [](double at, double way, double size) {
    if (way == 0) return std::numeric_limits<double>::infinity();
    return ((way > 0 ? size : 0) - at) / way;
  };
  const double x = distanceTo(from.x, along.x, scene_.width);
  const double y = distanceTo(from.y, along.y, scene_.height);
  const double z = distanceTo(from.z, along.z, scene_.length);
  const double distance = std::min({x, y, z});
  const auto place = from + along * distance;
  if (y <= x && y <= z) {
    const bool isFloor = along.y < 0;
    return {distance,
            {0, isFloor ? 1.0 : -1.0, 0},
            isFloor ? RoomClass::floor : RoomClass::ceiling,
            colourAt(isFloor ? scene_.floor : scene_.ceiling, place.x, place.z)};
  }
  const bool across = x <= z;
  const double way = across ? along.x : along.z, aside = across ? place.z : place.x;
  const int wall = (across ? 0 : 2) + (way > 0 ? 1 : 0);
  const double facing = way > 0 ? -1 : 1;
  Hit hit{distance,
          {across ? facing : 0, 0, across ? 0 : facing},
          RoomClass::wall,
          colourAt(scene_.walls, aside, place.y)};
  for (const auto& picture : scene_.pictures)
    if (picture.wall == wall && aside >= picture.from && aside <= picture.to &&
        place.y >= picture.bottom && place.y <= picture.top)
      hit.shown = RoomClass::picture, hit.colour = picture.colour;
  return hit;
}

}  // namespace eq::data
