#pragma once

#include <functional>

#include <QString>

namespace eq::widgets {
class Transport;
}

namespace eq::app {

class RunController;
class RunRequests;

/// What transport asks of the run that goes on. \param settled takes what is half typed; false
/// where a field does not count, which it has said. \param tell a remark that nobody has to act on.
void connectTransport(widgets::Transport& transport, RunController& controller,
                      RunRequests& requests, const std::function<bool()>& settled,
                      const std::function<void(const QString&)>& tell);

}  // namespace eq::app
