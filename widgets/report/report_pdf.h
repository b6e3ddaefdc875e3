#pragma once

#include <string>

namespace eq::study {
struct Report;
}

namespace eq::widgets {

/// A report on pages, A4 across, with the figures as vectors. Needs a QGuiApplication; any thread.
std::string reportAsPdf(const study::Report& report);

}  // namespace eq::widgets
