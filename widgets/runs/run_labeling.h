#pragma once

#include <filesystem>
#include <functional>
#include <utility>
#include <vector>

#include <QObject>

#include "core/run/run_labels.h"
#include "core/study/indexed_run.h"

class QAction;
class QMenu;
class QTableView;
class QUndoStack;

namespace eq::widgets {

/// The actions that pin, tag and annotate the chosen runs, all at once; each can be undone. What
/// they set stands in the run folders.
class RunLabeling : public QObject {
  Q_OBJECT

 public:
  using Runs = std::vector<study::IndexedRunPtr>;
  using Chosen = std::function<Runs()>;

  /// \param table gets the actions. \param undo outlives this.
  RunLabeling(QTableView* table, Chosen chosen, QUndoStack& undo);

  /// After other runs were chosen.
  void update();

 signals:
  void changed();
  void problemMet(const QString& text);

 private:
  QAction* add(const QString& text, const QString& keys, const QString& help,
               void (RunLabeling::*act)(const Runs&));
  void addColours();
  void fillColours();
  void pin(const Runs& runs);
  void colour(int colour);
  void askTag(const Runs& runs);
  void askNote(const Runs& runs);
  /// Asks for a text, and sets it in the labels of the runs.
  void ask(const Runs& runs, const QString& question, std::string run::RunLabels::*field);
  void change(const Runs& runs, const std::function<void(run::RunLabels&)>& edit,
              const QString& what);
  using Labels = std::vector<std::pair<std::filesystem::path, run::RunLabels>>;
  bool set(const Labels& labels);

  QTableView* table_;
  Chosen chosen_;
  QUndoStack& undo_;
  QAction* pin_ = nullptr;
  QMenu* colours_ = nullptr;
  std::vector<QAction*> actions_;
};

}  // namespace eq::widgets
