#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <QDialog>

#include "core/study/report/run_report.h"

class QCheckBox;
class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;

namespace eq::widgets {

/// Asks what a report about runs holds, and writes it as HTML or PDF in a thread of its own. Does
/// not block: show() it.
class ReportDialog : public QDialog {
  Q_OBJECT

 public:
  /// \param folders of runs, one at least. \param baseline the run whose group others are tested
  /// against at first; empty: that of the first.
  ReportDialog(const std::vector<std::filesystem::path>& folders,
               const std::filesystem::path& baseline, QWidget* parent = nullptr);
  ~ReportDialog() override;

  /// What is asked for now.
  study::RunReportRequest request() const;
  /// Begins to write; saved() tells of its end. Says what is wrong and stays when it cannot.
  void save(const QString& file);
  /// While a report is written the dialog only hides: it comes back where that fails, and goes when
  /// it is done. So does closing it.
  void reject() override;

 signals:
  void saved(const QString& file);

 protected:
  void closeEvent(QCloseEvent* event) override;

 private:
  QWidget* makeForm();
  QWidget* makeParts();
  QWidget* makeButtons();
  /// The groups that the runs make, as baselines to choose from.
  void offerBaselines(const std::filesystem::path& baseline);
  void chooseFile();
  void finish(const QString& file, const QString& problem);
  void say(const QString& text, bool wrong);
  bool isPdf() const;

  std::vector<std::filesystem::path> folders_;
  QComboBox* format_;
  QLineEdit* title_;
  QComboBox* baseline_;
  QComboBox* split_;
  QComboBox* value_;
  std::map<study::ReportPart, QCheckBox*> parts_;
  QPushButton* save_ = nullptr;
  QLabel* message_;
  bool isWriting_ = false;
  std::jthread writing_;
};

}  // namespace eq::widgets
