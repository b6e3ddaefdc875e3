#pragma once

#include <sstream>
#include <string>
#include <vector>

#include "app/cli/cli.h"

/// What a call of the command line printed.
struct Answer {
  int code = 0;
  std::string out, err;
};

inline Answer call(const std::vector<std::string>& arguments, const std::string& input = {}) {
  std::istringstream in(input);
  std::ostringstream out, err;
  eq::cli::Context context{in, out, err};
  const int code = eq::cli::run(arguments, context);
  return {code, out.str(), err.str()};
}
