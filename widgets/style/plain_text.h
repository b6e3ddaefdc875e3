#pragma once

#include <string>

#include <QString>

namespace eq::widgets {

/// A name from a file or a person as one line of plain text: line breaks, control characters and
/// what turns the direction of writing are spelled out (`\n`, `\u202e`); all else stays.
QString shownName(const QString& name);
QString shownName(const std::string& name);

/// A tool tip that shows `text` as it is, also where Qt would take it for HTML.
QString plainToolTip(const QString& text);

/// A text of a menu or a button: an `&` in it is no mnemonic.
QString menuText(const QString& text);

/// The same as TeX prints it: its special characters are escaped, control characters spelled out.
std::string texText(const QString& text);

}  // namespace eq::widgets
