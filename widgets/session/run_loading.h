#pragma once

#include <filesystem>

namespace eq::run {
struct RunNews;
class RunTail;
}  // namespace eq::run

namespace eq::widgets {

class RunData;

/// Shows a run that was recorded before. \throws Error when the folder holds no run.
void loadRun(RunData& data, const std::filesystem::path& folder);
/// The same, of which the rest can be read later.
run::RunNews loadRun(RunData& data, run::RunTail& tail);

/// Adds what has come since.
void addNews(RunData& data, const run::RunNews& news);

}  // namespace eq::widgets
