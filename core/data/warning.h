#pragma once

#include <string>

namespace eq::data {

/// A remark of a reader about the user's file that did not stop it.
struct Warning {
  std::string place;  ///< "wine.csv:17"
  std::string message;
};

}  // namespace eq::data
