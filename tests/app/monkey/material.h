#pragma once

#include <filesystem>
#include <vector>

#include <QMimeData>
#include <QString>

#include "app/monkey/choice.h"
#include "core/train/experiment.h"

namespace eq::test {

/// The only folder that the monkey knows: HOME, settings, trash, runs, files to open and places to
/// save at are below it.
class Material {
 public:
  /// \param folder is there and empty.
  explicit Material(const QString& folder);

  std::filesystem::path workspace() const { return at("runs").toStdString(); }
  QString at(const QString& name) const { return folder_ + '/' + name; }
  /// Some of them experiments, tables and runs, the others anything.
  std::filesystem::path fileToOpen(Choice& choice) const;
  /// Absolute, maybe there already.
  QString fileToSave(Choice& choice) const;
  /// What people type and paste into fields.
  QString text(Choice& choice) const;
  /// Onto the clipboard, or dropped. The caller owns it.
  QMimeData* mime(Choice& choice) const;

 private:
  void write(const QString& name, const QByteArray& content);
  void writeBroken();

  QString folder_;
  std::vector<QString> files_;
};

}  // namespace eq::test
