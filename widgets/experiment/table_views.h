#pragma once

#include <QString>

class QAbstractItemModel;
class QTableView;

namespace eq::widgets {

/// Low rows, whole rows selected, Tab leaves it. \param name for screen readers.
void prepareView(QTableView& view, QAbstractItemModel* model, const QString& name);

/// As wide as what the first rows hold, up to a limit.
void fitColumns(QTableView& view);

}  // namespace eq::widgets
