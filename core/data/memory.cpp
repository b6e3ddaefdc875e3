#include "core/data/memory.h"

#include <unistd.h>

#include "core/base/error.h"

namespace eq::data {

void requireMemory(double bytes, const std::string& place, const std::string& instead) {
  const auto pages = ::sysconf(_SC_PHYS_PAGES), size = ::sysconf(_SC_PAGE_SIZE);
  const double there = static_cast<double>(pages) * static_cast<double>(size);
  constexpr double kGiB = 1 << 30;
  if (pages > 0 && bytes > there)
    fail("{}: needs {:.1f} GiB as numbers of 32 bits, this machine has {:.1f}; {}", place,
         bytes / kGiB, there / kGiB, instead);
}

}  // namespace eq::data
