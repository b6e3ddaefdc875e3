#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace eq::model {

/// Before a parameter is drawn. \param name of it. \param others numbers that the model has beside
/// it. \throws Error where the machine has no memory for all of them: twice, for while they are
/// laid out.
void requireRoom(const std::string& name, const std::vector<std::int64_t>& shape,
                 std::int64_t others = 0);

// Initial values of a parameter beside a base, from a stream by its name: they move no other bit.

/// Uniform in ±bound.
at::Tensor uniformByName(std::uint64_t seed, const std::string& name,
                         const std::vector<std::int64_t>& shape, double bound);
/// Normal around 0.
at::Tensor normalByName(std::uint64_t seed, const std::string& name,
                        const std::vector<std::int64_t>& shape, double deviation);

}  // namespace eq::model
