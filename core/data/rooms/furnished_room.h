#pragma once

#include <cstdint>

#include "core/base/random.h"
#include "core/data/rooms/room_scene.h"

namespace eq::data {

/// A room of random size and colours, with up to so many boxes, balls and columns in front of the
/// camera, which do not touch, and one to three pictures on its walls.
RoomScene furnishedRoom(RandomStream& random, std::int64_t objects);

}  // namespace eq::data
