#pragma once

#include <string>
#include <vector>

#include <QString>
#include <QStringList>

#include "core/study/indexed_run.h"

namespace eq::widgets {

/// A value that every run of a table has or lacks: an experiment field, the last, best or mean
/// value of a series, or an expression of these.
/// \param names what the runs have; empty: it is not looked whether they have it. \param place for
/// messages. \throws ExpressionError that names the place in the text.
train::SeriesExpression quantityFrom(const QString& text, const std::vector<std::string>& names,
                                     std::string_view place);

/// What there is to choose from: metrics of the validation and test splits, their best value, and
/// the fields.
QStringList offeredQuantities(const std::vector<std::string>& names);

struct UsualQuantities {
  std::vector<QString> shown;
  QStringList others;  ///< fields in which the runs differ as well
};
/// What is worth a look first: fields in which the runs differ, those that all runs have before
/// others, by name, at most so many, and the best value of a validation metric. Of fields that tell
/// the runs apart alike, such as one loss for all tasks, the first.
UsualQuantities usualQuantities(const std::vector<study::IndexedRunPtr>& runs, std::size_t most);

/// The values of runs in one quantity.
struct QuantityValues {
  std::vector<double> values;  ///< a run; NaN where it has none
  QStringList categories;      ///< where any value is no number: its texts, which values count
};
QuantityValues valuesOf(const train::SeriesExpression& quantity,
                        const std::vector<study::IndexedRunPtr>& runs);

/// Whether a quantity is a field whose values reach over decades, as rates do: it is drawn on a
/// logarithmic axis unless a person says otherwise.
bool isWideField(const QString& quantity, const QuantityValues& of,
                 const std::vector<study::IndexedRunPtr>& runs);

/// The number of a value as it is told: a category's text, else five digits.
QString quantityText(const QuantityValues& of, double value);

}  // namespace eq::widgets
