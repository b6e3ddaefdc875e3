#pragma once

#include <string>

#include <ATen/core/Tensor.h>
#include <nlohmann/json.hpp>

#include "core/loss/loss.h"

namespace eq::loss {

/// Nested lists as a tensor: int64 when every entry is an integer, else double. Every list of a
/// level has the same length. \param nullable whether an entry may be null, which is read as NaN.
/// \throws Error naming `path` and the index of the first entry that does not fit.
at::Tensor tensorFromJson(const nlohmann::json& value, const std::string& path,
                          bool nullable = false);

/// \throws Error naming the first entry of nested lists that is not an integer of 64 bits.
void checkIntegers(const nlohmann::json& value, const std::string& path);

/// Nested lists of doubles (or integers), in the tensor's shape; they read back to the same bits.
nlohmann::json toJson(const at::Tensor& tensor);

/// The batch that a loss or metric reads from {"prediction", "target", further fields}; prediction
/// in double. Fields that the method does not name are ignored, empty lists refused. \param method
/// id, for messages. \param nullable the fields whose entries may be null, which is read as NaN.
Batch batchFromJson(const nlohmann::json& value, const std::vector<std::string>& fields,
                    const std::string& method, const std::vector<std::string>& nullable = {});

}  // namespace eq::loss
