#pragma once

#include <filesystem>
#include <functional>

class QString;
class QWidget;

namespace eq::app {

/// Takes the file that the user chose.
using FileTaker = std::function<void(const std::filesystem::path&)>;

/// Asks for an experiment file or, by its experiment.json, for a run folder. Does not block.
void askForExperiment(QWidget* parent, FileTaker take);
/// Asks for a table's file. Does not block.
void askForTable(QWidget* parent, FileTaker take);
/// Asks for a folder. Does not block.
void askForFolder(QWidget* parent, const QString& title, FileTaker take);
/// Asks where to save an experiment. Does not block.
void askForSaving(QWidget* parent, FileTaker take);
/// Asks where to write a model. Does not block.
void askForModelFile(QWidget* parent, FileTaker take);

}  // namespace eq::app
