#pragma once

#include <string>
#include <vector>

#include <QObject>

class QCompleter;
class QLineEdit;
class QStringListModel;

namespace eq::widgets {

/// Completes the names in an expression while they are typed into a line: of series, fields and
/// functions. Return, Tab and Escape are the list's while that is open.
class NameCompletion : public QObject {
  Q_OBJECT

 public:
  /// \param line owns it.
  explicit NameCompletion(QLineEdit& line);

  void setNames(const std::vector<std::string>& names);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void offer();
  void complete(const QString& name);
  /// The name that the cursor stands behind.
  QString typedName() const;

  QLineEdit& line_;
  QStringListModel* offered_;
  QCompleter* completer_;
};

}  // namespace eq::widgets
