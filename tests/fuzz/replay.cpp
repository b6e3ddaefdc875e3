// replay TARGET FOLDER: feeds the kept inputs of a fuzz target to it; a broken promise ends it.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#define EQUIPOISE_FUZZ_TARGETS(USE) \
  USE(csv)                          \
  USE(idx)                          \
  USE(npy)                          \
  USE(npz)                          \
  USE(picture)                      \
  USE(expression)                   \
  USE(series_expression)            \
  USE(event_file)                   \
  USE(merge)                        \
  USE(experiment) USE(commands) USE(run_folder) USE(safetensors_header) USE(safetensors_body)

#define DECLARE(name) extern "C" int fuzz_##name(const std::uint8_t* data, std::size_t size);
EQUIPOISE_FUZZ_TARGETS(DECLARE)

namespace {

using Target = int (*)(const std::uint8_t*, std::size_t);

Target targetOf(const std::string& name) {
#define COMPARE(known) \
  if (name == #known) return fuzz_##known;
  EQUIPOISE_FUZZ_TARGETS(COMPARE)
  return nullptr;
}

int replay(Target target, const char* folder) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream stream(entry.path(), std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(stream), {});
    std::printf("%s\n", entry.path().filename().c_str());
    std::fflush(stdout);
    target(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    ++count;
  }
  return count > 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const Target target = argc == 3 ? targetOf(argv[1]) : nullptr;
  if (target == nullptr) {
    std::fputs("replay TARGET FOLDER\n", stderr);
    return 2;
  }
  return replay(target, argv[2]);
}
