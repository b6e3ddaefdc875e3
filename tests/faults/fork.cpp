// fork RUN STEP WORKSPACE: forks a run at a step and trains to its end, as the window does; says
// what it does, and how it ends, as the command line does.
#include <cstdio>
#include <cstdlib>

#include "core/base/error.h"
#include "core/run/runner.h"
#include "core/train/trainer.h"

namespace {

void say(eq::run::Runner& runner) {
  for (const auto& event : runner.take().events)
    std::fprintf(stderr, "step %ld: %s\n", static_cast<long>(event.step), event.text.c_str());
}

int fail(const std::exception& error, int code) {
  std::fprintf(stderr, "%s\n", error.what());
  return code;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 4) return 2;
  try {
    const auto runner = eq::run::Runner::fork(arguments[1], std::atol(arguments[2]), arguments[3]);
    say(*runner);
    while (!runner->finished()) {
      runner->step();
      if (runner->trainer().stepsDone() % 8 == 0) say(*runner);
    }
    runner->close();
    say(*runner);
    return 0;
  } catch (const eq::Error& error) {
    return fail(error, error.kind() == eq::ErrorKind::user ? 2 : 1);
  } catch (const std::exception& error) {
    return fail(error, 1);
  }
}
