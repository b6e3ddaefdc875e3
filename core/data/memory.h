#pragma once

#include <string>

namespace eq::data {

/// Before anything is allocated. \param bytes that are needed. \param place for the message.
/// \param instead what to do. \throws Error when this machine does not have so much.
void requireMemory(double bytes, const std::string& place, const std::string& instead);

}  // namespace eq::data
