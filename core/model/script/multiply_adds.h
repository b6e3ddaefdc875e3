#pragma once

#include <cstdint>

namespace eq::model {

/// Counts the multiply-adds of products of matrices, convolutions and attention that this thread
/// makes as long as it lives, whoever asks for them.
class MultiplyAdds {
 public:
  MultiplyAdds();
  ~MultiplyAdds();
  MultiplyAdds(const MultiplyAdds&) = delete;
  MultiplyAdds& operator=(const MultiplyAdds&) = delete;

  std::int64_t count() const;

 private:
  std::uint64_t handle_ = 0;
};

}  // namespace eq::model
