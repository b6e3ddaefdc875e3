#pragma once

class QWidget;

namespace eq::widgets {

/// Tab goes through the widgets in `root` as its layouts show them, from its first one on, however
/// late some of them were made.
void orderTabs(QWidget& root);

}  // namespace eq::widgets
