#pragma once

#include <optional>
#include <string>
#include <vector>

#include <QComboBox>

#include "core/train/series_expression.h"

namespace eq::widgets {

/// Chooses, or takes as an expression, what of the runs is meant. While what is typed has a mistake
/// it stays as typed, framed, and the last one without a mistake counts.
class QuantityBox : public QComboBox {
  Q_OBJECT

 public:
  /// \param name for screen readers and tips.
  explicit QuantityBox(const QString& name, QWidget* parent = nullptr);

  /// What the runs have: to choose from, and to be checked against.
  void setNames(const std::vector<std::string>& names);
  void setText(const QString& text) { setEditText(text); }
  /// None before the first that has no mistake.
  const std::optional<train::SeriesExpression>& quantity() const { return quantity_; }
  /// As it was typed, of what counts.
  const QString& quantityTitle() const { return title_; }

 signals:
  void quantityChanged();

 private:
  void read();

  QString name_, title_;
  std::vector<std::string> names_;
  std::optional<train::SeriesExpression> quantity_;
};

}  // namespace eq::widgets
