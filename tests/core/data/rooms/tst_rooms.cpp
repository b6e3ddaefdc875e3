#include <ATen/Parallel.h>

#include <QTest>

#include <cmath>
#include <numbers>
#include <set>

#include "core/data/rooms/furnished_room.h"
#include "core/data/rooms/room_scene.h"
#include "tests/core/data/dataset_support.h"
#include "tests/registry.h"

using namespace eq::data;
using nlohmann::json;

namespace {

constexpr std::int64_t kHeight = 73, kWidth = 97;  // odd: one pixel looks along the axis
constexpr std::int64_t kMiddleRow = 36, kMiddleColumn = 48;
const double kFocal = kWidth / 2.0 / std::tan(75 * std::numbers::pi / 360);

/// 2 metres from both side walls, 4 from the one ahead, 1.3 above the floor.
RoomScene emptyRoom() {
  RoomScene scene;
  scene.camera.place = {2, 1.3, 1};
  return scene;
}

double across(std::int64_t column) {
  return static_cast<double>(column - kMiddleColumn) / kFocal;
}
double upwards(std::int64_t row) {
  return static_cast<double>(kMiddleRow - row) / kFocal;
}

RoomPoint seen(const RoomScene& scene, std::int64_t row, std::int64_t column) {
  return RoomEye(scene, kHeight, kWidth).at(row, column);
}

/// Of two metres ahead, a circle's or ball's nearer side: t with |t d − (0, 0, 2)| = r, d² =
/// square.
double nearSide(double square, double radius) {
  return (2 - std::sqrt(4 - square * (4 - radius * radius))) / square;
}

bool isPoint(const RoomPoint& found, RoomClass shown, double depth, const Vector& normal) {
  const auto off = found.normal - normal;
  const bool same = found.shown == shown && std::abs(found.depth - depth) < 1e-12 &&
                    std::sqrt(off.dot(off)) < 1e-12;
  if (!same)
    qWarning("class %d, depth %.15g (expected %.15g), normal %.15g %.15g %.15g",
             static_cast<int>(found.shown), found.depth, depth, found.normal.x, found.normal.y,
             found.normal.z);
  return same;
}

}  // namespace

/// Rendered rooms and what is known of each pixel.
class TestRooms : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  /// Depth is along the axis: a wall that faces the camera has one depth.
  void theShellIsExact() {
    const auto scene = emptyRoom();
    for (const std::int64_t column : {44, 48, 60})
      QVERIFY(isPoint(seen(scene, kMiddleRow, column), RoomClass::wall, 4, {0, 0, 1}));
    QVERIFY(isPoint(seen(scene, 70, 50), RoomClass::floor, 1.3 / -upwards(70), {0, 1, 0}));
    QVERIFY(isPoint(seen(scene, 2, 40), RoomClass::ceiling, 1.3 / upwards(2), {0, -1, 0}));
    QVERIFY(isPoint(seen(scene, kMiddleRow, 96), RoomClass::wall, 2 / across(96), {-1, 0, 0}));
    QVERIFY(isPoint(seen(scene, 40, 1), RoomClass::wall, 2 / -across(1), {1, 0, 0}));
  }

  void theCameraTurns() {
    auto scene = emptyRoom();
    scene.camera.turn = std::numbers::pi / 2;  // along x
    QVERIFY(isPoint(seen(scene, kMiddleRow, kMiddleColumn), RoomClass::wall, 2, {0, 0, 1}));
    // To its right is now the wall at z = 0, a metre away.
    QVERIFY(isPoint(seen(scene, kMiddleRow, 96), RoomClass::wall, 1 / across(96), {-1, 0, 0}));
    scene.camera.turn = 0;
    scene.camera.tilt = -0.6;
    QVERIFY(isPoint(seen(scene, kMiddleRow, kMiddleColumn), RoomClass::floor, 1.3 / std::sin(0.6),
                    {0, std::cos(0.6), std::sin(0.6)}));
  }

  void roundThingsAreExact() {
    auto scene = emptyRoom();
    scene.balls = {{{2, 1.3, 3}, 0.5, {}}};
    QVERIFY(isPoint(seen(scene, kMiddleRow, kMiddleColumn), RoomClass::ball, 1.5, {0, 0, 1}));
    const double a = across(54), b = upwards(29), t = nearSide(1 + a * a + b * b, 0.5);
    QVERIFY(isPoint(seen(scene, 29, 54), RoomClass::ball, t,
                    {t * a / 0.5, t * b / 0.5, (2 - t) / 0.5}));
    scene.balls.clear();
    scene.columns = {{2, 3, 0.25, {}}};
    const double c = across(44), u = nearSide(1 + c * c, 0.25);
    for (const std::int64_t row : {20, 36, 50})
      QVERIFY(
          isPoint(seen(scene, row, 44), RoomClass::column, u, {u * c / 0.25, 0, (2 - u) / 0.25}));
  }

  void boxesAreExact() {
    auto scene = emptyRoom();
    scene.boxes = {{{2, 0.5, 3}, {0.5, 0.5, 0.5}, 0, {}}};
    QVERIFY(isPoint(seen(scene, 60, 50), RoomClass::box, 1.5, {0, 0, 1}));
    const std::int64_t row = 44;  // over its edge: -0.3 m at 1.5 to 2.5 m
    QVERIFY(isPoint(seen(scene, row, 48), RoomClass::box, 0.3 / -upwards(row), {0, 1, 0}));
    scene.boxes[0].turn = std::numbers::pi / 4;  // an edge ahead: |x| + |z - 2| = √2 / 2
    const double side = std::sqrt(0.5), a = across(55);
    QVERIFY(isPoint(seen(scene, 60, 55), RoomClass::box, (2 - side) / (1 - a), {side, 0, side}));
  }

  void picturesAreOfTheirWall() {
    auto scene = emptyRoom();
    scene.pictures = {{3, 1.5, 2.5, 1, 1.6, {0.1, 0.2, 0.3}}};
    QVERIFY(isPoint(seen(scene, kMiddleRow, kMiddleColumn), RoomClass::picture, 4, {0, 0, 1}));
    QVERIFY(seen(scene, 30, kMiddleColumn).shown == RoomClass::wall);  // 0.38 m higher
    scene.pictures[0].wall = 2;
    QVERIFY(seen(scene, kMiddleRow, kMiddleColumn).shown == RoomClass::wall);
  }

  void thingsCastShadows() {
    auto scene = emptyRoom();
    scene.lamp = {2, 2.5, 3};
    const std::int64_t row = 60;
    const double depth = 1.3 / -upwards(row);
    const auto lit = seen(scene, row, kMiddleColumn).colour;
    scene.balls = {{{2, 1.25, 1 + (2 + depth) / 2}, 0.1, {}}};  // halfway between lamp and floor
    scene.balls[0].middle.z = (3 + 1 + depth) / 2;
    const auto dark = seen(scene, row, kMiddleColumn);
    QVERIFY(dark.shown == RoomClass::floor);
    QCOMPARE(dark.colour.x, 0.7 * 0.35);
    QVERIFY(lit.x > dark.colour.x * 1.3);
  }

  /// Of furnished rooms every normal has length 1 and faces the camera, and depths are in the room.
  void everyPointIsSound() {
    std::set<RoomClass> shown;
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
      eq::RandomStream random(seed);
      const auto scene = furnishedRoom(random, 6);
      const RoomEye eye(scene, 24, 32);
      const double focal = 16 / std::tan(scene.camera.field / 2);
      for (std::int64_t row = 0; row < 24; ++row)
        for (std::int64_t column = 0; column < 32; ++column) {
          const auto point = eye.at(row, column);
          shown.insert(point.shown);
          QVERIFY(std::abs(point.normal.dot(point.normal) - 1) < 1e-12);
          const Vector ray{(static_cast<double>(column) - 15.5) / focal,
                           (11.5 - static_cast<double>(row)) / focal, -1};
          QVERIFY(point.normal.dot(ray) < 1e-9);
          QVERIFY(point.depth > 0.1 && point.depth < 10);
        }
    }
    QCOMPARE(shown.size(), roomClassNames().size());
  }

  /// Whatever the number of images and of threads.
  void anImageIsThatOfItsNumber() {
    const json small{{"train", 6}, {"validation", 2}, {"test", 2}, {"height", 16}, {"width", 24}};
    auto large = small;
    large["train"] = 9;
    const auto threads = at::get_num_threads();
    at::set_num_threads(1);
    const auto one = loadData("rooms", small, 3);
    at::set_num_threads(3);
    const auto other = loadData("rooms", large, 3);
    at::set_num_threads(threads);
    QVERIFY(one.train.inputs.equal(other.train.inputs.narrow(0, 0, 6)));
    for (size_t k = 0; k < 3; ++k)
      QVERIFY(one.train.targets[k].equal(other.train.targets[k].narrow(0, 0, 6)));
    QVERIFY(sameBits(one.test, other.test));
    QVERIFY(!one.validation.inputs.equal(one.test.inputs));
    QCOMPARE(one.tasks[2].width, std::int64_t{3 * 16 * 24});
    const auto normals = one.train.targets[2].view({6, 3, 16 * 24});
    QVERIFY((normals.square().sum(1) - 1).abs().max().item<double>() < 1e-6);
  }
};

EQUIPOISE_TEST(TestRooms)
#include "tst_rooms.moc"
