#pragma once

#include <functional>
#include <vector>

#include "core/script/scripts.h"

class QWidget;

namespace eq::app {

/// Says what a TorchScript file is and asks whether these are trusted. Training goes on meanwhile;
/// does not block.
/// \param trusted gets whether this is to be remembered. \param refused may be empty.
void askToTrust(QWidget* parent, const std::vector<script::ScriptFile>& files,
                const std::function<void(bool always)>& trusted,
                const std::function<void()>& refused);

}  // namespace eq::app
