#include "core/gradient/kept_memory.h"

#include <iterator>
#include <map>
#include <mutex>
#include <unordered_map>

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <c10/util/Exception.h>

namespace eq::gradient {
namespace {

constexpr std::size_t kLarge = std::size_t{1} << 20;  // of smaller ones malloc keeps enough itself
constexpr std::size_t kUnit = std::size_t{1} << 16;

class KeptBlocks : public c10::Allocator {
 public:
  /// Never destroyed: tensors may outlive everything else.
  static KeptBlocks& instance() {
    static auto* const blocks = new KeptBlocks(c10::GetCPUAllocator());
    return *blocks;
  }

  c10::DataPtr allocate(std::size_t bytes) override {
    if (bytes < kLarge) return source_->allocate(bytes);
    void* const block = take((bytes + kUnit - 1) / kUnit * kUnit);
    return {block, block, &giveBack, c10::Device(c10::DeviceType::CPU)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &giveBack; }
  void copy_data(void* to, const void* from, std::size_t bytes) const override {
    default_copy_data(to, from, bytes);
  }

  std::size_t kept() {
    const std::lock_guard lock(mutex_);
    return kept_;
  }

 private:
  explicit KeptBlocks(c10::Allocator* source) : source_(source) {}

  void* take(std::size_t size) {
    const std::lock_guard lock(mutex_);
    const auto found = waiting_.lower_bound(size);
    if (found == waiting_.end() || found->first > size + size / 8) {
      void* const block = fresh(size);
      sizes_[block] = size;
      return block;
    }
    void* const block = found->second;
    kept_ -= found->first;
    waiting_.erase(found);
    return block;
  }

  /// Where memory ends, what waits goes first.
  void* fresh(std::size_t size) {
    try {
      return source_->allocate(size).release_context();
    } catch (const c10::Error&) {
      if (waiting_.empty()) throw;
    }
    while (!waiting_.empty()) dropLargest();
    return source_->allocate(size).release_context();
  }

  static void giveBack(void* block) { instance().keep(block); }

  void keep(void* block) {
    const std::lock_guard lock(mutex_);
    const auto known = sizes_.find(block);
    if (known == sizes_.end()) return source_->raw_deleter()(block);
    waiting_.emplace(known->second, block);
    kept_ += known->second;
    while (kept_ > kMostKept) dropLargest();
  }

  void dropLargest() {
    const auto largest = std::prev(waiting_.end());
    kept_ -= largest->first;
    sizes_.erase(largest->second);
    source_->raw_deleter()(largest->second);
    waiting_.erase(largest);
  }

  c10::Allocator* source_;
  std::mutex mutex_;
  std::unordered_map<void*, std::size_t> sizes_;  // of all large blocks
  std::multimap<std::size_t, void*> waiting_;     // those that no tensor has
  std::size_t kept_ = 0;
};

}  // namespace

void keepLargeBlocks() {
  static std::once_flag once;
  std::call_once(once, [] { c10::SetCPUAllocator(&KeptBlocks::instance()); });
}

std::size_t keptBytes() {
  return KeptBlocks::instance().kept();
}

}  // namespace eq::gradient
