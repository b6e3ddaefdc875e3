#pragma once

#include <functional>
#include <vector>

#include <QPointer>
#include <QWidget>

#include "core/script/scripts.h"

namespace eq::app {

/// Lets work that runs TorchScript files go on once the user has said that they are trusted. What
/// the user wants to be remembered is kept in the settings, by content.
class ScriptGate {
 public:
  /// \param window in front of which questions are asked.
  explicit ScriptGate(QWidget* window);

  /// Does `then` at once when there is no file to ask about. Else asks, without blocking, and does
  /// `then` after a yes, `otherwise` after a no.
  void pass(const std::vector<script::ScriptFile>& files, std::function<void()> then,
            std::function<void()> otherwise = {});

  /// How many files are trusted for good.
  static int remembered();
  /// They are asked about again when the program starts next.
  static void forget();

 private:
  QPointer<QWidget> window_;
};

}  // namespace eq::app
