#include "core/study/sweep/sweep_notice.h"

#include <fmt/format.h>

namespace eq::study {

run::EndNotice endNoticeOf(const SweepFile& file, const std::filesystem::path& folder,
                           std::int64_t total, std::int64_t failed, bool stopped) {
  run::EndNotice notice;
  notice.name = file.base.name.empty() ? folder.filename().string() : file.base.name;
  notice.folder = std::filesystem::absolute(folder).lexically_normal();
  notice.state = failed > 0 ? "failed" : stopped ? "stopped" : "finished";
  if (failed > 0) notice.reason = fmt::format("{} of {} runs failed", failed, total);
  return notice;
}

}  // namespace eq::study
