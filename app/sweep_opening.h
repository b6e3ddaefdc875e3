#pragma once

#include <filesystem>
#include <functional>

#include <nlohmann/json.hpp>

namespace eq::app {

class MainWindow;

/// Opens the experiment of a file with the key "sweep". \param then gets the key once that is open.
/// \throws Error naming the file when it is damaged, or holds a race.
void openSweep(const std::filesystem::path& file, MainWindow& window,
               const std::function<void(const nlohmann::ordered_json&)>& then);

}  // namespace eq::app
