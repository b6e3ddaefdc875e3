#pragma once

class QCustomPlot;

namespace eq::widgets {

/// Replots soon, in the GUI thread: of the plots that ask, one in each pass of the event loop. What
/// a pass draws delays every click and key until it is done, and a run that is trained has news for
/// all plots at once. A plot that asks again before its turn is drawn once.
void replotInTurn(QCustomPlot& plot);

/// Draws the layer of the cursor alone, at once; nothing where the whole plot waits for its turn.
void replotCursor(QCustomPlot& plot);

}  // namespace eq::widgets
