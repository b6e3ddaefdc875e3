#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <QList>
#include <QObject>

class QAction;
class QKeySequence;
class QWidget;

namespace eq::widgets {
class MessageBar;
class NewestWork;
class RunsPanel;
}  // namespace eq::widgets

namespace eq::app {

/// Makes runs of the workspace of what other programs recorded: TensorBoard, W&B, Aim, Optuna. They
/// are read in a thread, and chosen in the table of runs then.
class ImportLink : public QObject {
  Q_OBJECT

 public:
  /// All outlive the link.
  ImportLink(QWidget& window, const std::filesystem::path& workspace, widgets::RunsPanel& runs,
             widgets::MessageBar& messages);

  /// For the menu File.
  const QList<QAction*>& actions() const { return actions_; }
  /// Imports a path that is surely what another program recorded. \returns whether it is.
  bool take(const std::filesystem::path& place);

 private:
  QAction* add(const QString& text, const QKeySequence& key, const QString& help, bool folder);
  void ask(bool folder);
  void import(const std::filesystem::path& place);
  void tell(const std::filesystem::path& place, const std::vector<std::filesystem::path>& folders,
            const std::vector<std::string>& remarks);

  QWidget& window_;
  std::filesystem::path workspace_;
  widgets::RunsPanel& runs_;
  widgets::MessageBar& messages_;
  widgets::NewestWork* work_;
  QList<QAction*> actions_;
};

}  // namespace eq::app
