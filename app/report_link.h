#pragma once

#include <QWidget>

namespace eq::widgets {
class MessageBar;
class ShownRuns;
}  // namespace eq::widgets

namespace eq::app {

/// Shows the dialog that writes a report about the runs that the plots show; says so where there
/// are none. A link in the message bar opens what was written. Does not block.
void showReport(QWidget* parent, const widgets::ShownRuns& shown, widgets::MessageBar& messages);

/// `equipoise --report ARGUMENTS`: as `equipoise-cli report ARGUMENTS`, which asks for it where a
/// PDF is wanted. \returns the exit code.
int printReport(int argc, char** argv);

}  // namespace eq::app
