#pragma once

#include <filesystem>
#include <map>
#include <optional>

#include <QObject>

namespace eq::widgets {

/// The colours that a person gave runs, for the whole program, as the table of runs knows them from
/// their folders. Lives in the GUI thread.
class RunColours : public QObject {
  Q_OBJECT

 public:
  using Colours = std::map<std::filesystem::path, int>;  ///< indices for taskColour(), by folder

  static RunColours& instance();

  /// Of the runs below a workspace, those that have one.
  void set(const std::filesystem::path& workspace, const Colours& colours);
  std::optional<int> of(const std::filesystem::path& folder) const;

 signals:
  void changed();

 private:
  std::map<std::filesystem::path, Colours> colours_;  ///< by workspace
};

}  // namespace eq::widgets
