#pragma once

#include <vector>

#include <QDialog>

#include "widgets/plots/figure_export.h"

class QCheckBox;
class QComboBox;
class QLabel;
class QLineEdit;
class QTimer;

namespace eq::widgets {

class IntegerBox;
class NumberBox;

/// Asks for size, format, title, legend, font and theme of a figure, shows it as it will be, saves
/// or copies it. Does not block: show() it. Remembers the last choice.
class ExportDialog : public QDialog {
  Q_OBJECT

 public:
  /// \param panels that may be gone before the dialog: it closes then.
  ExportDialog(const std::vector<PlotPanel*>& panels, QWidget* parent = nullptr);

  FigureOptions options() const;
  FigureFormat format() const;
  /// Saves and closes; says what is wrong and stays when it cannot. \returns whether it was saved.
  bool save(const QString& file);

 signals:
  void saved(const QString& file);

 private:
  QWidget* makeForm();
  QWidget* makeButtons();
  void makePreview();
  void connectFields();
  void readSettings();
  void writeSettings() const;
  void updatePreview();
  void chooseFile();
  void copy();
  void say(const QString& text, bool wrong);

  std::vector<PlotPanel*> panels_;
  QComboBox* format_;
  NumberBox* width_;
  NumberBox* height_;
  IntegerBox* dpi_;
  NumberBox* fontSize_;
  NumberBox* lineWidth_;
  QCheckBox* legend_;
  QLineEdit* title_;
  QComboBox* theme_;
  QLabel* preview_;
  QLabel* message_;
  QTimer* delay_;
};

}  // namespace eq::widgets
