#include "app/front_link.h"

#include <limits>
#include <utility>

#include "app/file_dialogs.h"
#include "app/run_controller.h"
#include "app/script_gate.h"
#include "core/base/error.h"
#include "core/run/run_scripts.h"
#include "widgets/plots/pareto_page.h"
#include "widgets/plots/plot_link.h"
#include "widgets/session/front_reader.h"
#include "widgets/session/run_data.h"
#include "widgets/style/message_bar.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/typed_number.h"

namespace eq::app {

using namespace widgets;

namespace {

constexpr auto kNewest = std::numeric_limits<std::int64_t>::max();

}  // namespace

FrontLink::FrontLink(const FrontParts& parts, QObject* parent)
    : QObject(parent), at_(parts), reader_(new FrontReader(this)) {
  auto* session = &at_.controller.session();
  connect(&at_.page, &ParetoPage::wantedChanged, this, &FrontLink::ask);
  connect(&at_.page, &ParetoPage::exportRequested, this, &FrontLink::requestExport);
  connect(&at_.link, &PlotLink::cursorChanged, this, [this] {
    if (!isLive()) ask();
  });
  connect(&at_.controller, &RunController::opened, this, &FrontLink::ask);
  connect(&at_.controller, &RunController::ended, this, &FrontLink::ask);
  connect(&at_.controller, &RunController::awayChanged, this, &FrontLink::ask);
  connect(&at_.controller, &RunController::presentChanged, this, &FrontLink::ask);
  connect(session, &Session::frontArrived, &at_.page, &ParetoPage::showLook);
  connect(session, &Session::frontRefused, &at_.page, &ParetoPage::showProblem);
  // A window that ends hides its pages once more, when its session has ended already.
  connect(session, &QObject::destroyed, this,
          [this] { disconnect(&at_.page, nullptr, this, nullptr); });
  connect(session, &Session::checkpointed, this, &FrontLink::exportWaiting);
  connect(session, &Session::ended, this, &FrontLink::exportWaiting);
  connect(reader_, &FrontReader::lookArrived, this,
          [this](const std::filesystem::path& folder, const train::FrontLook& look) {
            if (!isLive() && folder == at_.controller.present()) at_.page.showLook(look);
          });
  connect(reader_, &FrontReader::problemMet, this, [this](const QString& problem) {
    if (!isLive()) at_.page.showProblem(problem);
  });
  connect(reader_, &FrontReader::exported, this,
          [this](const std::filesystem::path& file, qint64 step) {
            at_.tell(tr("The model of step %1 was written: %2")
                         .arg(countText(step), shownName(file.string())));
          });
  connect(reader_, &FrontReader::exportFailed, &at_.messages,
          [this](const QString& problem) { at_.messages.showError(problem); });
}

bool FrontLink::isLive() const {
  return at_.controller.active() && !at_.controller.away();
}

std::int64_t FrontLink::step() const {
  const auto cursor = at_.link.cursor();
  const auto row = cursor ? at_.data.rowAt(*cursor, at_.link.unit()) : std::nullopt;
  if (!cursor) return kNewest;
  return row ? static_cast<std::int64_t>(at_.data.x(XUnit::step)[*row]) : 0;
}

void FrontLink::ask() {
  const auto wanted = at_.page.wanted();
  at_.controller.session().watchFront(isLive() ? wanted : std::nullopt);
  if (isLive() || !wanted) return reader_->rest();
  if (at_.controller.present().empty())
    return at_.page.showProblem(tr("There is a model of the preference once the run has begun"));
  withRecord([this](const std::filesystem::path& folder) {
    const auto request = at_.page.wanted();
    if (request && folder == at_.controller.present()) reader_->look(folder, step(), *request);
  });
}

void FrontLink::withRecord(const std::function<void(const std::filesystem::path&)>& use) {
  const auto folder = at_.controller.present();
  const auto take = [this, folder, use] {
    trusted_ = folder;
    use(folder);
  };
  const auto refuse = [this] {
    at_.page.showProblem(tr("The run's losses are files that are not trusted: nothing is run"));
  };
  if (folder == trusted_) return take();
  if (folder == asked_) return refuse();
  asked_ = folder;
  try {
    at_.gate.pass(run::untrustedScripts(folder), take, refuse);
  } catch (const Error& error) {
    at_.page.showProblem(QString::fromUtf8(error.what()));
  }
}

void FrontLink::requestExport(const std::vector<double>& preference) {
  askForModelFile(at_.page.window(), [this, preference](const std::filesystem::path& file) {
    exportTo(file, preference);
  });
}

/// Of the run that goes on, as it stands: a checkpoint first.
void FrontLink::exportTo(const std::filesystem::path& file, const std::vector<double>& preference) {
  if (!isLive())
    return withRecord([=, this](const std::filesystem::path& folder) {
      reader_->exportModel(folder, step(), preference, file);
    });
  waiting_ = Export{at_.controller.training(), file, preference};
  at_.controller.session().checkpoint();
}

void FrontLink::exportWaiting() {
  if (const auto one = std::exchange(waiting_, {}))
    reader_->exportModel(one->run, kNewest, one->preference, one->file);
}

}  // namespace eq::app
