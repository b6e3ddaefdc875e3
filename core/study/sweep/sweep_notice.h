#pragma once

#include <cstdint>
#include <filesystem>

#include "core/run/end_notice.h"
#include "core/study/sweep/sweep_file.h"

namespace eq::study {

/// What a person is told when a sweep or race has ended. \param stopped it was, by somebody.
run::EndNotice endNoticeOf(const SweepFile& file, const std::filesystem::path& folder,
                           std::int64_t total, std::int64_t failed, bool stopped);

}  // namespace eq::study
