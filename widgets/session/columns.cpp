#include "widgets/session/columns.h"

namespace eq::widgets {

QString toText(XUnit unit) {
  static const std::array<QString, kXUnits.size()> kTexts{"Step", "Epoch", "Examples",
                                                          "Wall time (s)"};
  return kTexts[static_cast<std::size_t>(unit)];
}

void XColumns::add(const XPosition& position) {
  for (std::size_t i = 0; i < position.size(); ++i) columns_[i].push_back(position[i]);
}

}  // namespace eq::widgets
