#pragma once

#include <filesystem>
#include <vector>

#include <QWidget>

class QComboBox;
class QPlainTextEdit;

namespace eq::widgets {

class NewestWork;

/// Only what differs between two runs, events included, as text to copy.
class DifferencesView : public QWidget {
  Q_OBJECT

 public:
  explicit DifferencesView(QWidget* parent = nullptr);

  /// The runs to choose from; those that were chosen stay chosen. \param names one a run.
  void offer(const std::vector<std::filesystem::path>& folders, const QStringList& names);
  QString text() const;

 signals:
  void problemMet(const QString& text);

 private:
  void read();
  void fill(QComboBox& box, const std::vector<std::filesystem::path>& folders,
            const QStringList& names, int usual);

  QComboBox *first_, *second_;
  QPlainTextEdit* text_;
  NewestWork* work_;
};

}  // namespace eq::widgets
