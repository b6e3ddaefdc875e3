#include <iostream>

#include "app/cli/cli.h"
#include "app/cli/own_program.h"

int main(int argc, char** argv) {
  eq::cli::beOwnProgram();
  eq::cli::Context context{std::cin, std::cout, std::cerr};
  return eq::cli::run({argv + 1, argv + argc}, context);
}
