#include "widgets/runs/letters.h"

#include "core/base/error.h"
#include "core/run/run_lock.h"

namespace eq::widgets {
namespace {

constexpr std::chrono::seconds kLetterPatience{5};

/// \returns why it was not done; empty: it was.
QString problemOfLetter(const std::filesystem::path& folder, const nlohmann::json& command,
                        const std::function<bool()>& held) {
  try {
    const auto reply = run::sendLetter(folder, nlohmann::json::array({command}),
                                       run::senderHere("the window"), kLetterPatience, held);
    if (reply.kind == run::Reply::Kind::done) return {};
    const auto reason = QString::fromStdString(reply.reason);
    if (reply.kind == run::Reply::Kind::refused) return reason;
    return Letters::tr("%1: nothing was changed").arg(reason);
  } catch (const Error& error) {
    return QString::fromUtf8(error.what());
  }
}

}  // namespace

Letters::Letters(QObject* parent) : QObject(parent) {
  pool_.setMaxThreadCount(1);
}

Letters::~Letters() {
  ends_ = true;
  pool_.clear();
  pool_.waitForDone();
}

void Letters::send(const std::filesystem::path& folder, const nlohmann::json& command) {
  pool_.start([this, folder, command] {
    const auto problem = problemOfLetter(
        folder, command, [this, folder] { return !ends_ && run::RunLock::isHeld(folder); });
    QMetaObject::invokeMethod(
        this, [this, folder, problem] { Q_EMIT answered(folder, problem); }, Qt::QueuedConnection);
  });
}

}  // namespace eq::widgets
