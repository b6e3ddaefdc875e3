#pragma once

#include <cstring>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include <zlib.h>

#include "core/data/arrays/npy.h"
#include "core/data/arrays/zip.h"

#include "tests/core/data/reader_support.h"

/// The number's lowest bytes, little-endian.
inline std::string littleEndian(std::uint64_t number, size_t size) {
  std::string bytes;
  for (size_t i = 0; i < size; ++i) bytes.push_back(static_cast<char>(number >> (8 * i)));
  return bytes;
}

/// The numbers' bytes one after the other, on a little-endian machine.
template <typename Number>
std::string bytesOf(const std::vector<Number>& numbers) {
  std::string bytes(numbers.size() * sizeof(Number), '\0');
  std::memcpy(bytes.data(), numbers.data(), bytes.size());
  return bytes;
}

/// An NPY file as NumPy writes it: `npyOf("<f4", "(2, 3)", bytes)`.
inline std::string npyOf(const std::string& type, const std::string& shape,
                         const std::string& elements, bool fortranOrder = false, int version = 1) {
  std::string header = "{'descr': '" + type +
                       "', 'fortran_order': " + (fortranOrder ? "True" : "False") +
                       ", 'shape': " + shape + ", }";
  const size_t lengthSize = version == 1 ? 2 : 4, before = 8 + lengthSize;
  header.append(64 - (before + header.size() + 1) % 64, ' ').push_back('\n');
  return "\x93NUMPY" + std::string{static_cast<char>(version), '\0'} +
         littleEndian(header.size(), lengthSize) + header + elements;
}

template <typename Number>
std::string npyOf(const std::string& type, const std::string& shape,
                  const std::vector<Number>& numbers) {
  return npyOf(type, shape, bytesOf(numbers));
}

inline std::string deflated(const std::string& bytes) {
  return packed(bytes, -15);
}

/// A ZIP file of these members, as np.savez or np.savez_compressed writes it.
inline std::string zipOf(const std::vector<std::pair<std::string, std::string>>& members,
                         bool deflate = false) {
  std::string file, directory;
  for (const auto& [name, bytes] : members) {
    const auto packed = deflate ? deflated(bytes) : bytes;
    const auto crc = crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
    const auto facts = littleEndian(20, 2) + littleEndian(0, 2) + littleEndian(deflate ? 8 : 0, 2) +
                       littleEndian(0, 4) + littleEndian(crc, 4) + littleEndian(packed.size(), 4) +
                       littleEndian(bytes.size(), 4) + littleEndian(name.size(), 2) +
                       littleEndian(0, 2);
    directory += "PK\1\2" + littleEndian(20, 2) + facts + std::string(10, '\0') +
                 littleEndian(file.size(), 4) + name;
    file += "PK\3\4" + facts + name + packed;
  }
  const auto begin = file.size();
  return file + directory + "PK\5\6" + littleEndian(0, 4) + littleEndian(members.size(), 2) +
         littleEndian(members.size(), 2) + littleEndian(directory.size(), 4) +
         littleEndian(begin, 4) + littleEndian(0, 2);
}

inline eq::data::NumberArray npyFrom(const std::string& bytes, const std::string& name = "x.npy") {
  return openNpy(eq::data::Stretch::whole(eq::data::inMemory(bytes, name)), "x");
}

/// The array's numbers in C order, wherever the file has them.
inline std::vector<double> elementsOf(const eq::data::NumberArray& array) {
  std::int64_t rows = 1, all = 1;
  for (const auto size : array.shape) all *= size;
  if (!array.shape.empty()) rows = array.shape[0];
  std::vector<double> numbers(static_cast<size_t>(all));
  eq::data::forEachElement(array, [&](std::int64_t row, std::int64_t entry, double number) {
    numbers[static_cast<size_t>(row * (all / rows) + entry)] = number;
  });
  return numbers;
}
