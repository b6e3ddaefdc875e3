#include "app/script_gate.h"

#include <utility>

#include <QSettings>
#include <QStringList>

#include "app/script_question.h"

namespace eq::app {
namespace {

constexpr const char* kRemembered = "trustedScripts";

void remember(const std::vector<script::ScriptFile>& files) {
  QSettings settings;
  auto known = settings.value(kRemembered).toStringList();
  for (const auto& file : files) known << QString::fromStdString(file.sha256);
  known.removeDuplicates();
  settings.setValue(kRemembered, known);
}

}  // namespace

ScriptGate::ScriptGate(QWidget* window) : window_(window) {
  for (const auto& content : QSettings().value(kRemembered).toStringList())
    script::trustScript(content.toStdString());
}

void ScriptGate::pass(const std::vector<script::ScriptFile>& files, std::function<void()> then,
                      std::function<void()> otherwise) {
  if (files.empty()) {
    then();
    return;
  }
  const auto trusted = [files, then = std::move(then)](bool always) {
    for (const auto& file : files) script::trustScript(file.sha256);
    if (always) remember(files);
    then();
  };
  askToTrust(window_, files, trusted, std::move(otherwise));
}

int ScriptGate::remembered() {
  return static_cast<int>(QSettings().value(kRemembered).toStringList().size());
}

void ScriptGate::forget() {
  QSettings().remove(kRemembered);
}

}  // namespace eq::app
