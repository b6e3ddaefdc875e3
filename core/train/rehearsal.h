#pragma once

#include <memory>

#include "core/train/trainer.h"

namespace eq::train {

/// Makes trainers of many experiments, one after the other, to see whether each fits its data,
/// which are read once as long as they stay the same. Experiments that read other runs are none of
/// its.
class Rehearsal {
 public:
  Rehearsal();
  ~Rehearsal();

  /// \throws Error when data, device or a method's parameters do not fit.
  std::unique_ptr<Trainer> trainer(const Experiment& experiment);

 private:
  struct Data;
  std::unique_ptr<Data> data_;
};

}  // namespace eq::train
