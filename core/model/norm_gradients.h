#pragma once

#include <ATen/core/Tensor.h>

namespace eq::model {

/// A normalisation of rows of channels with some places each, in groups of channels, and perhaps a
/// ReLU behind it.
struct Normed {
  at::Tensor input;        ///< [rows, channels, places]
  at::Tensor mean;         ///< [rows, groups]
  at::Tensor inverse;      ///< [rows, groups], 1/deviation
  at::Tensor scale;        ///< [channels]
  at::Tensor output = {};  ///< of the ReLU, like the input; undefined: there is none
};

/// Gradients of K losses.
struct NormGradients {
  at::Tensor scales, shifts;  ///< [K, channels]
  at::Tensor inputs;          ///< [K, rows, channels, places], or undefined
};

/// \param outputs gradients in the output, [K, rows, channels, places].
/// \param further whether those in the input are wanted.
/// \param kernel whether the kernel for CPUs may be used.
NormGradients normGradients(const Normed& normed, const at::Tensor& outputs, bool further,
                            bool kernel);

}  // namespace eq::model
