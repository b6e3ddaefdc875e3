#pragma once

#include <string>

#include <QString>

namespace eq::widgets {

/// A name from a file or a person as one line of plain text: line breaks, control characters and
/// what turns the direction of writing are spelled out (`\n`, `\u202e`); all else stays.
QString shownName(const QString& name);
QString shownName(const std::string& name);

/// Characters of a name in a box that is as wide as what it offers, so that it widens no window.
constexpr int kNameInBox = 16;

/// The same for places with little room: the middle of a long one is left out.
QString shortName(const QString& name, int most = 40);
/// The same for a text of several lines, whose line breaks stay.
QString shownText(const QString& text);

/// A window's title: `[*]` in it is no mark of changes.
QString titleText(const QString& text);

/// A tool tip that shows `text` as it is, also where Qt would take it for HTML;
/// of a very long one the begin and the end.
QString plainToolTip(const QString& text);

/// A text of a menu or a button: an `&` in it is no mnemonic.
QString menuText(const QString& text);

/// The same as TeX prints it: its special characters are escaped, control characters spelled out.
std::string texText(const QString& text);

}  // namespace eq::widgets
