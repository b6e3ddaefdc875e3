#pragma once

#include <string>

namespace eq::study {

// The page around a report: its style, and the script that sorts tables and shows values on hover.

/// \param title escaped.
std::string pageBegin(const std::string& title);
std::string pageEnd();

}  // namespace eq::study
