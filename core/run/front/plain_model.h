#pragma once

#include <optional>
#include <string>
#include <vector>

namespace eq::train {
class Trainer;
}

namespace eq::run {

/// The plain model at one preference of a run that trains a front, as a file of a checkpoint that
/// belongs to no run. \param preference [K], sum 1. \param budget, \throws Error as
/// train::Trainer::plainSnapshot.
std::string plainModelBytes(const train::Trainer& trainer, const std::vector<double>& preference,
                            std::optional<double> budget = std::nullopt);

}  // namespace eq::run
