#pragma once

#include <CLI/CLI.hpp>

#include "app/cli/cli.h"

namespace eq::cli {

/// `sweep continue`, and what a person wants of a sweep or race that goes on, or will: `pause`,
/// `cancel`, `retry`, `first`.
void addSweepControls(CLI::App& sweep, Context& context);

}  // namespace eq::cli
