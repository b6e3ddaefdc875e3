#pragma once

#include <vector>

#include <QFrame>
#include <QWidget>
#include <nlohmann/json.hpp>

#include "widgets/method_editor.h"

class QPushButton;
class QToolButton;
class QVBoxLayout;

namespace eq::widgets {

class NumberBox;

/// One loss in another one: a chooser; as a term of a sum also its weight and a button to remove
/// it.
class NestedMethod : public QFrame {
  Q_OBJECT

 public:
  explicit NestedMethod(bool isTerm, QWidget* parent = nullptr);

  /// Those of the loss around it.
  void setRules(const MethodRules& rules);
  void setValue(const nlohmann::json& value);
  /// What was set, with what the user has changed.
  nlohmann::json value() const;
  std::string id() const { return editor_->method().id; }
  /// For screen readers and messages: "Term 2".
  void setName(const QString& name);
  void setRemovable(bool removable);

 signals:
  void edited();
  void removeRequested();

 private:
  void addTermRow(QVBoxLayout& column);

  nlohmann::json given_ = nlohmann::json::object();
  MethodEditor* editor_;
  NumberBox* weight_ = nullptr;    ///< null unless it is a term
  QToolButton* remove_ = nullptr;  ///< null unless it is a term
};

/// Edits a parameter that holds another loss, {"id", "params"}, or a list of such with weights: one
/// NestedMethod each.
class NestedMethods : public QWidget {
  Q_OBJECT

 public:
  /// \param terms whether it is a list.
  explicit NestedMethods(bool terms, QWidget* parent = nullptr);

  /// Those of the loss around them.
  void setRules(const MethodRules& rules);
  /// Does not emit edited().
  void setValue(const nlohmann::json& value);
  nlohmann::json value() const;

 signals:
  void edited();

 private:
  NestedMethod* add(const nlohmann::json& value);
  void addTerm();
  void remove(NestedMethod* row);
  void rename();

  bool terms_;
  MethodRules rules_;
  std::vector<NestedMethod*> rows_;
  QVBoxLayout* column_;
  QPushButton* add_ = nullptr;  ///< null unless it is a list
};

}  // namespace eq::widgets
