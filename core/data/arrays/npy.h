#pragma once

#include <string>

#include "core/data/arrays/number_array.h"

namespace eq::data {

/// The array of a file in NumPy's format NPY (numpy.lib.format), versions 1.0, 2.0 and 3.0. What is
/// no number (texts, dates, complex numbers, records, Python objects) has NumberArray::problem set,
/// and is not read. \throws Error `x.npy: byte 8: ...` for a broken header, and as requireElements.
NumberArray openNpy(const Stretch& stretch, std::string name);

}  // namespace eq::data
