#include "core/base/sha256.h"

#include <array>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "core/base/error.h"

namespace eq {

std::string sha256(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  unsigned int length = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), hash.data(), &length, EVP_sha256(), nullptr) != 1)
    throw Error("OpenSSL offers no SHA-256", ErrorKind::failure);
  return fmt::format("{:02x}", fmt::join(hash.begin(), hash.begin() + length, ""));
}

}  // namespace eq
