#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include <zlib.h>

#include "core/base/error.h"

#include <QString>
#include <QTemporaryDir>

/// The message of the eq::Error that `work` throws; empty when it throws none.
template <typename Work>
QString messageOf(Work work) {
  try {
    work();
  } catch (const eq::Error& error) {
    return QString::fromStdString(error.what());
  }
  return {};
}

/// \param windowBits as zlib has them: they say how the deflated bytes are wrapped.
inline std::string packed(const std::string& bytes, int windowBits) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, bytes.size()) + 32, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

/// One gzip member.
inline std::string gzipped(const std::string& bytes) {
  return packed(bytes, 15 + 16);
}

/// A folder for files that goes away with the test.
class FileFolder {
 public:
  std::filesystem::path path() const { return folder_.path().toStdString(); }

  std::filesystem::path write(const std::string& name, const std::string& bytes) const {
    const auto file = path() / name;
    std::ofstream(file, std::ios::binary) << bytes;
    return file;
  }

 private:
  QTemporaryDir folder_;
};
