#pragma once

namespace eq::app {

/// The program with a window: reads the command line, opens the window or exports a figure.
/// \returns the exit code: 0; 2 for a user's mistake, with one line on standard error.
int runApplication(int argc, char** argv);

}  // namespace eq::app
