#include "core/run/journal.h"

#include <algorithm>
#include <iterator>

#include <sys/vfs.h>

namespace eq::run {
namespace {

// As statfs(2) and the file systems' own sources name them.
constexpr unsigned long kNetworkTypes[]{
    0x6969,      // NFS
    0x517B,      // SMB
    0xFF534D42,  // CIFS
    0xFE534D42,  // SMB2
    0x0BD00BD0,  // Lustre
    0x47504653,  // GPFS
    0x19830326,  // BeeGFS
    0x00C36400,  // Ceph
    0x20030528,  // OrangeFS
    0xAAD7AAEA,  // PanFS
    0x5346414F,  // AFS
    0x73757245,  // Coda
    0x564C,      // NCP
    0x01021997,  // 9P
    0x65735546,  // FUSE, such as sshfs: it may be any
};

}  // namespace

bool isNetworkFileSystem(unsigned long type) {
  // Some systems extend the sign of 32 bits.
  return std::find(std::begin(kNetworkTypes), std::end(kNetworkTypes), type & 0xFFFFFFFFUL) !=
         std::end(kNetworkTypes);
}

bool isOnNetwork(const std::filesystem::path& folder) {
  struct statfs found {};
  return ::statfs(folder.empty() ? "." : folder.c_str(), &found) == 0 &&
         isNetworkFileSystem(static_cast<unsigned long>(found.f_type));
}

}  // namespace eq::run
