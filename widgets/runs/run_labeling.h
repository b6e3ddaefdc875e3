#pragma once

#include <filesystem>
#include <functional>
#include <vector>

#include <QObject>

#include "core/run/run_labels.h"
#include "core/study/indexed_run.h"

class QAction;
class QTableView;
class QUndoStack;

namespace eq::widgets {

/// The actions that pin, tag and annotate the chosen run; each can be undone. What they set stands
/// in the run folder.
class RunLabeling : public QObject {
  Q_OBJECT

 public:
  using Chosen = std::function<study::IndexedRunPtr()>;

  /// \param table gets the actions. \param chosen null without a run. \param undo outlives this.
  RunLabeling(QTableView* table, Chosen chosen, QUndoStack& undo);

  /// After another run was chosen.
  void update();

 signals:
  void changed();
  void problemMet(const QString& text);

 private:
  QAction* add(const QString& text, const QString& keys, const QString& help,
               void (RunLabeling::*act)(const study::IndexedRun&));
  void pin(const study::IndexedRun& run);
  void askTag(const study::IndexedRun& run);
  void askNote(const study::IndexedRun& run);
  /// Asks for a text, and sets it in the labels of the run.
  void ask(const study::IndexedRun& run, const QString& question,
           std::string run::RunLabels::*field);
  void change(const study::IndexedRun& run, const run::RunLabels& after, const QString& what);
  bool set(const std::filesystem::path& folder, const run::RunLabels& labels);

  QTableView* table_;
  Chosen chosen_;
  QUndoStack& undo_;
  QAction* pin_ = nullptr;
  std::vector<QAction*> actions_;
};

}  // namespace eq::widgets
