#pragma once

#include <string>
#include <vector>

namespace eq::loss {

/// A family of losses: the trait "family" of their descriptors is its id.
struct Family {
  std::string id;     ///< the name of its folder: "classes"
  std::string title;  ///< "Classes"
};

/// In the order of the catalog.
const std::vector<Family>& families();

/// \returns the id for a family that there is not.
std::string familyTitle(const std::string& id);

}  // namespace eq::loss
