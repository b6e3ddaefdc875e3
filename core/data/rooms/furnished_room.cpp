#include "core/data/rooms/furnished_room.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace eq::data {
namespace {

constexpr int kTries = 20;          // to find a place for an object
constexpr double kFromWall = 0.05;  // metres that objects keep from walls and from each other
constexpr double kFromCamera = 0.8;
constexpr double kFarthest = 4;  // metres from the camera

class Furnisher {
 public:
  Furnisher(RandomStream& random, std::int64_t objects) : random_(random), objects_(objects) {}

  RoomScene furnished() {
    scene_.width = between(3, 6);
    scene_.height = between(2.3, 3.2);
    scene_.length = between(3.5, 7);
    scene_.walls = surface(0.5, 0.95, 0.3);
    scene_.floor = surface(0.25, 0.7, 0.7);
    scene_.ceiling = surface(0.7, 1, 0);
    scene_.lamp = {scene_.width * between(0.25, 0.75), scene_.height - 0.15,
                   scene_.length * between(0.25, 0.75)};
    taken_.push_back({scene_.lamp.x, scene_.lamp.z, 0.1});
    placeCamera();
    for (auto left = 1 + pick(objects_); left > 0; --left) addObject();
    for (auto left = 1 + pick(3); left > 0; --left) addPicture();
    return std::move(scene_);
  }

 private:
  double between(double least, double most) { return least + (most - least) * random_.uniform(); }
  std::int64_t pick(std::int64_t count) {
    return static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(count)));
  }

  /// \param tint how far the three may lie apart.
  Colour colour(double least, double most, double tint) {
    const double grey = between(least, most);
    const auto one = [&] { return std::clamp(grey + between(-tint, tint), 0.05, 1.0); };
    const double red = one(), green = one(), blue = one();
    return {red, green, blue};
  }

  /// \param share of rooms where it has squares.
  RoomSurface surface(double least, double most, double share) {
    RoomSurface found;
    found.colour = colour(least, most, 0.12);
    found.other = found.colour * between(0.6, 0.9);
    const double side = between(0.25, 0.8);
    found.square = random_.uniform() < share ? side : 0;
    return found;
  }

  void placeCamera() {
    auto& camera = scene_.camera;
    camera.place = {scene_.width * between(0.2, 0.8), between(1.1, 1.7),
                    scene_.length * between(0.2, 0.8)};
    camera.turn = between(0, 2 * std::numbers::pi);
    camera.tilt = between(-0.35, 0.1);
  }

  /// Somewhere in view with so much room around it. \returns whether there is such a place.
  bool findPlace(double radius, double& x, double& z) {
    const auto& camera = scene_.camera;
    for (int attempt = 0; attempt < kTries; ++attempt) {
      const double angle = camera.turn + between(-0.5, 0.5) * camera.field;
      const double far = between(kFromCamera + radius, kFarthest);
      x = camera.place.x + far * std::sin(angle);
      z = camera.place.z + far * std::cos(angle);
      const double edge = radius + kFromWall;
      if (x < edge || z < edge || x > scene_.width - edge || z > scene_.length - edge) continue;
      const bool free = std::none_of(taken_.begin(), taken_.end(), [&](const Taken& one) {
        return std::hypot(one.x - x, one.z - z) < one.radius + edge;
      });
      if (!free) continue;
      taken_.push_back({x, z, radius});
      return true;
    }
    return false;
  }

  void addObject() {
    const auto kind = pick(3);
    const auto paint = colour(0.2, 0.8, 0.35);
    double x = 0, z = 0;
    if (kind == 0) {
      const Vector half{between(0.12, 0.5), between(0.1, 0.8), between(0.12, 0.5)};
      const double turn = between(0, std::numbers::pi);
      if (findPlace(std::hypot(half.x, half.z), x, z))
        scene_.boxes.push_back({{x, half.y, z}, half, turn, paint});
    } else if (kind == 1) {
      const double radius = between(0.15, 0.5);
      if (findPlace(radius, x, z)) scene_.balls.push_back({{x, radius, z}, radius, paint});
    } else {
      const double radius = between(0.08, 0.25);
      if (findPlace(radius, x, z)) scene_.columns.push_back({x, z, radius, paint});
    }
  }

  void addPicture() {
    RoomPicture picture;
    picture.wall = static_cast<int>(pick(4));
    const double along = picture.wall < 2 ? scene_.length : scene_.width;
    const double size = between(0.5, 1.6), middle = between(0.8, along - 0.8);
    picture.from = middle - size / 2;
    picture.to = middle + size / 2;
    picture.bottom = between(0.7, 1.2);
    picture.top = std::min(picture.bottom + between(0.4, 1.2), scene_.height - 0.2);
    picture.colour = colour(0.2, 0.9, 0.35);
    scene_.pictures.push_back(picture);
  }

  struct Taken {
    double x, z, radius;
  };
  RandomStream& random_;
  std::int64_t objects_;
  RoomScene scene_;
  std::vector<Taken> taken_;
};

}  // namespace

RoomScene furnishedRoom(RandomStream& random, std::int64_t objects) {
  return Furnisher(random, objects).furnished();
}

}  // namespace eq::data
