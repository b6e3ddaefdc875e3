#pragma once

#include "widgets/plots/plot_line.h"

class QCPAxis;

namespace eq::widgets {

/// Makes an axis linear or logarithmic; a logarithmic one is labelled at 1, 2 and 5 times the
/// powers of ten where there are few of them, a linear one as often as the labels have room.
void setScale(QCPAxis& axis, bool logarithmic);

/// What an axis shows of values that reach so far: a little more on both sides.
PlotLine::Extent withMargin(PlotLine::Extent extent, bool logarithmic);

}  // namespace eq::widgets
