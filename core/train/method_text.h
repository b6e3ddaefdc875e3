#pragma once

#include <string>

#include "core/base/descriptor.h"
#include "core/train/experiment.h"

namespace eq::train {

/// A method for people: its title and the parameters that differ from their defaults, "Focal loss
/// (gamma 5)"; losses in it by their titles as well. Its id where it is not known to the catalogs.
std::string inWords(const MethodSpec& method);

/// From one method of a slot to another, behind the slot's name: "to Focal loss (gamma 5)", or of
/// the same method what changed: "Focal loss: gamma 2 → 5".
std::string changeInWords(const MethodSpec& from, const MethodSpec& to);

/// "class_weights" as "class weights".
std::string nameInWords(std::string name);

}  // namespace eq::train
