#include "tests/faults/lost_power.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>

namespace eq::test {
namespace {

namespace fs = std::filesystem;

std::string bytesOf(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

void change(std::string& bytes, const RecordedCall& call) {
  const auto number = static_cast<std::size_t>(call.number);
  if (call.name == "truncate") return bytes.resize(number);
  bytes.resize(std::max(bytes.size(), number + call.bytes.size()));
  bytes.replace(number, call.bytes.size(), call.bytes);
}

}  // namespace

std::vector<RecordedCall> readCalls(const fs::path& log) {
  std::istringstream stream(bytesOf(log));
  std::vector<RecordedCall> calls;
  RecordedCall call;
  std::string number, size, said;
  while (std::getline(stream, call.name, '\t') && std::getline(stream, call.path, '\t') &&
         std::getline(stream, number, '\t') && std::getline(stream, size, '\t') &&
         std::getline(stream, said, '\t') && std::getline(stream, call.where)) {
    call.number = std::stoll(number);
    call.said = std::stoul(said);
    call.bytes.resize(std::stoul(size));
    stream.read(call.bytes.data(), static_cast<std::streamsize>(call.bytes.size()));
    calls.push_back(call);
  }
  return calls;
}

Disk::Disk(fs::path folder, const fs::path& before)
    : folder_(std::move(folder)), root_(nodeFrom(before)) {}

std::shared_ptr<Disk::Node> Disk::nodeFrom(const fs::path& path) {
  auto node = std::make_shared<Node>();
  node->isFolder = fs::is_directory(path);
  if (!node->isFolder) {
    node->bytes = node->sureBytes = bytesOf(path);
    return node;
  }
  for (const auto& entry : fs::directory_iterator(path))
    node->entries[entry.path().filename()] = nodeFrom(entry.path());
  node->sureEntries = node->entries;
  return node;
}

Disk::Node* Disk::find(const std::string& path) {
  Node* node = root_.get();
  if (path == folder_) return node;
  for (const auto& part : fs::path(path).lexically_relative(folder_)) {
    const auto found = node->entries.find(part);
    if (found == node->entries.end()) return nullptr;
    node = found->second.get();
  }
  return node;
}

Disk::Node* Disk::folderOf(const std::string& path) {
  return find(fs::path(path).parent_path());
}

void Disk::set(const std::string& path, std::shared_ptr<Node> node) {
  Node* folder = folderOf(path);
  const std::string name = fs::path(path).filename();
  if (node == nullptr)
    folder->entries.erase(name);
  else
    folder->entries[name] = std::move(node);
  folder->changes.push_back(folder->entries);
}

void Disk::apply(const RecordedCall& call) {
  if (call.name == "create" || call.name == "mkdir") {
    auto node = std::make_shared<Node>();
    node->isFolder = call.name == "mkdir";
    return set(call.path, std::move(node));
  }
  if (call.name == "unlink") return set(call.path, nullptr);
  if (call.name == "rename") {
    auto node = folderOf(call.path)->entries.at(fs::path(call.path).filename());
    folderOf(call.path)->entries.erase(fs::path(call.path).filename());
    return set(call.bytes, std::move(node));
  }
  Node* node = find(call.path);
  if (node == nullptr) return;  // removed, and still open
  if (call.name == "sync") {
    node->sureEntries = node->entries;
    node->sureBytes = node->bytes;
    node->changes.clear();
    node->writes.clear();
    return;
  }
  change(node->bytes, call);
  node->writes.push_back(call);
}

std::string Disk::left(const Node& file, std::mt19937* chance) {
  std::string bytes = file.sureBytes;
  if (chance == nullptr) return bytes;
  for (auto call : file.writes) {
    const auto drawn = (*chance)() % 4;
    if (drawn == 0) continue;
    if (drawn == 1 && call.name == "write") {  // its place was given, its bytes were not written
      const auto end = static_cast<std::size_t>(call.number) + call.bytes.size();
      bytes.resize(std::max(bytes.size(), end));
    } else {
      change(bytes, call);
    }
  }
  return bytes;
}

void Disk::write(const Node& folder, const fs::path& target, std::mt19937* chance) {
  fs::create_directories(target);
  Entries entries = folder.sureEntries;
  if (chance != nullptr && !folder.changes.empty())
    if (const auto reached = (*chance)() % (folder.changes.size() + 1); reached > 0)
      entries = folder.changes[reached - 1];
  for (const auto& [name, node] : entries) {
    if (node->isFolder)
      write(*node, target / name, chance);
    else
      std::ofstream(target / name, std::ios::binary) << left(*node, chance);
  }
}

void Disk::writeTo(const fs::path& target, std::mt19937* chance) const {
  write(*root_, target, chance);
}

}  // namespace eq::test
