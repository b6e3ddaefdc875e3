#pragma once

#include <filesystem>
#include <functional>

namespace eq::app {

class MainWindow;

/// Asks in a dialog what the columns of a table are for, then opens the experiment in the window
/// and starts it where that was asked for. Does not block. \param then done once it is open.
/// \throws Error when there is no such file.
void openTable(MainWindow& window, const std::filesystem::path& file,
               const std::function<void()>& then);

/// Asks in the same dialog for another use of the columns of the experiment in the panel.
/// \pre its data is a table, and no run is going on.
/// \throws Error when the file is gone, or naming what the dialog cannot show.
void changeTable(MainWindow& window);

}  // namespace eq::app
