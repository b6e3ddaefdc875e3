#include "app/transport_link.h"

#include <QCoreApplication>

#include "app/run_controller.h"
#include "app/run_requests.h"
#include "widgets/session/transport.h"

namespace eq::app {

using namespace widgets;

void connectTransport(Transport& transport, RunController& controller, RunRequests& requests,
                      const std::function<bool()>& settled,
                      const std::function<void(const QString&)>& tell) {
  auto* session = &controller.session();
  QObject::connect(session, &Session::stateChanged, &transport, &Transport::setState);
  QObject::connect(session, &Session::recordsArrived, &transport, &Transport::append);
  QObject::connect(&transport, &Transport::pauseRequested, session, &Session::pause);
  QObject::connect(&transport, &Transport::resumeRequested, session, [session, settled] {
    if (settled()) session->resume();
  });
  QObject::connect(&transport, &Transport::stepRequested, session, [session, settled] {
    if (settled()) session->stepOnce();
  });
  QObject::connect(&transport, &Transport::stopRequested, session, [session, tell] {
    if (session->state() == SessionState::preparing)
      tell(QCoreApplication::translate("TransportLink", "The run ends as soon as it stands."));
    session->stop();
  });
  QObject::connect(&transport, &Transport::checkpointRequested, session, &Session::checkpoint);
  QObject::connect(&transport, &Transport::limitChanged, session, &Session::setLimit);
  QObject::connect(&transport, &Transport::retryRequested, session, &Session::retry);
  QObject::connect(&transport, &Transport::continueRequested, &requests,
                   [&](bool paused) { requests.resume(controller.present(), paused); });
  QObject::connect(&transport, &Transport::forkRequested, &requests, [&requests, settled] {
    if (settled()) requests.forkPresent();
  });
}

}  // namespace eq::app
