#include "widgets/study/single_task_bar.h"

#include <algorithm>
#include <thread>
#include <utility>

#include <QCryptographicHash>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QMessageBox>
#include <QPushButton>
#include <QSettings>
#include <QTimer>

#include "core/base/error.h"
#include "core/run/atomic_file.h"
#include "core/run/run_scripts.h"
#include "core/run/slug.h"
#include "core/study/sweep/standing.h"
#include "widgets/session/command_line.h"
#include "widgets/session/newest_work.h"
#include "widgets/style/elided_label.h"
#include "widgets/style/plain_text.h"

namespace eq::widgets {
namespace {

namespace fs = std::filesystem;

constexpr int kLookAgain = 2000;   // ms
constexpr int kTypingPause = 400;  // ms
constexpr auto kFolderSetting = "compare/single";

QString inWords(const study::SweepStanding& standing) {
  const auto all = static_cast<std::int64_t>(standing.runs.size());
  const auto count = SingleTaskBar::tr("%1 of %2 done").arg(standing.finished).arg(all);
  if (standing.finished == all) return count;
  return SingleTaskBar::tr("%1, %2").arg(count,
                                         QString::fromStdString(study::toText(standing.state)));
}

/// The last line that the command line printed, which says what went wrong.
QString lastLineOf(const fs::path& log) {
  try {
    const auto lines = QString::fromStdString(run::readWhole(log)).trimmed().split('\n');
    return lines.last();
  } catch (const Error&) {
    return {};
  }
}

}  // namespace

nlohmann::json withAbsolutePaths(nlohmann::json experiment, const fs::path& folder) {
  if (experiment.is_array())
    for (auto& one : experiment) one = withAbsolutePaths(one, folder);
  if (!experiment.is_object()) return experiment;
  for (auto& [key, value] : experiment.items()) {
    const bool isPath = key == "path" || key == "folder" || key == "teacher";
    if (!isPath || !value.is_string()) {
      value = withAbsolutePaths(value, folder);
      continue;
    }
    const fs::path path = value.get<std::string>();
    const fs::path place = folder / path;
    std::error_code ignored;
    if (!path.empty() && path.is_relative() && fs::exists(place, ignored))
      value = fs::absolute(place).lexically_normal().string();
  }
  return experiment;
}

SingleTaskBar::SingleTaskBar(const fs::path& workspace, QWidget* parent)
    : QWidget(parent),
      workspace_(workspace),
      field_(new QLineEdit(this)),
      make_(new QPushButton(tr("&Make them…"), this)),
      status_(new ElidedLabel(this)),
      work_(new NewestWork(this)),
      later_(new QTimer(this)) {
  field_->setAccessibleName(tr("Folder of single-task runs"));
  field_->setPlaceholderText(tr("folder of single-task runs, for Δm"));
  field_->setToolTip(
      tr("Runs of one task each, with the others off: Δm is how much better or worse a run is for "
         "its tasks than they are alone"));
  field_->setText(QSettings().value(kFolderSetting).toString());
  make_->setToolTip(tr("Trains each task of these runs alone, with each of their seeds"));
  status_->setForegroundRole(QPalette::PlaceholderText);
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(0, 0, 0, 0);
  row->addWidget(field_, 2);
  row->addWidget(make_);
  row->addWidget(status_, 1);
  later_->setSingleShot(true);
  connect(later_, &QTimer::timeout, this, &SingleTaskBar::look);
  connect(field_, &QLineEdit::textChanged, this, [this] {
    finished_ = -1;
    later_->start(kTypingPause);
  });
  connect(make_, &QPushButton::clicked, this, &SingleTaskBar::ask);
  connect(work_, &NewestWork::failed, this, [this](const QString& text) {
    tell(text);
    emit changed();
  });
  setSource(std::nullopt);
  if (!folder().empty()) look();
}

fs::path SingleTaskBar::folder() const {
  return field_->text().trimmed().toStdString();
}

QString SingleTaskBar::status() const {
  return status_->text();
}

void SingleTaskBar::setSource(std::optional<Source> source) {
  source_ = std::move(source);
  make_->setEnabled(source_.has_value());
}

/// The same experiment has the same folder, so that what is trained already is not trained again.
fs::path SingleTaskBar::placeFor(const Source& source) const {
  auto counts = source.experiment;
  for (const auto* key : {"name", "description", "seed"}) counts.erase(key);
  const auto text = nlohmann::json{counts, source.seeds}.dump(
      -1, ' ', false, nlohmann::json::error_handler_t::replace);
  const auto hash =
      QCryptographicHash::hash(QByteArray::fromStdString(text), QCryptographicHash::Sha1)
          .toHex()
          .left(8)
          .toStdString();
  return workspace_ / "baselines" / (run::slugOf(source.name) + "-" + hash);
}

void SingleTaskBar::ask() {
  auto* question = new QMessageBox(
      QMessageBox::Question, tr("Make single-task runs"),
      tr("Each task of %1 is trained alone, with %2, by equipoise-cli. That goes on when the "
         "window is closed. The runs go to %3")
          .arg(shortName(QString::fromStdString(source_->name)),
               source_->seeds.size() == 1 ? tr("its seed")
                                          : tr("%1 seeds each").arg(source_->seeds.size()),
               QString::fromStdString(placeFor(*source_).string())),
      QMessageBox::Cancel, this);
  question->setTextFormat(Qt::PlainText);
  question->setAttribute(Qt::WA_DeleteOnClose);
  auto* train = question->addButton(tr("Train them"), QMessageBox::AcceptRole);
  connect(train, &QPushButton::clicked, this, &SingleTaskBar::make);
  question->open();
}

void SingleTaskBar::make() {
  if (!source_) return;
  try {
    const auto place = placeFor(*source_);
    const fs::path file = place.string() + ".json", log = place.string() + ".log";
    fs::create_directories(place.parent_path());
    const auto experiment =
        withAbsolutePaths(source_->experiment, run::RunReader(source_->run).dataFolder());
    if (!run::untrustedScripts(train::experimentFromJson(experiment)).empty())
      fail("{}: its losses are programs that are not trusted yet; open one of the runs first",
           source_->name);
    run::writeAtomically(file, experiment.dump(2) + "\n");
    QStringList seeds;
    for (const auto seed : source_->seeds) seeds << QString::number(seed);
    const auto workers = std::max(1U, std::thread::hardware_concurrency() / 2);
    const auto problem =
        startCommandLine({"baselines", QString::fromStdString(file.string()), "--out",
                          QString::fromStdString(place.string()), "--seeds", seeds.join(','),
                          "--trust", "--quiet", "--workers", QString::number(workers)},
                         QString::fromStdString(log.string()));
    if (!problem.isEmpty()) fail("{}", problem.toStdString());
    field_->setText(QString::fromStdString(place.string()));
    status_->setText(tr("begins"));
    later_->start(kLookAgain);
  } catch (const std::exception& error) {
    emit problemMet(QString::fromUtf8(error.what()));
  }
}

void SingleTaskBar::look() {
  QSettings().setValue(kFolderSetting, field_->text().trimmed());
  const auto place = folder();
  if (place.empty()) {
    status_->clear();
    return emit changed();
  }
  work_->ask([this, place](const NewestWork::Progress&) -> NewestWork::Done {
    const fs::path log = place.string() + ".log";
    if (!fs::exists(place / "sweep.json"))  // runs from elsewhere, or those that begin
      return [this, begins = fs::exists(log), words = lastLineOf(log)] {
        tell(words);
        if (begins && words.isEmpty()) later_->start(kLookAgain);
        if (std::exchange(finished_, 0) != 0) emit changed();
      };
    const auto standing = study::standingOf(place);
    const bool runs = standing.state == study::SweepState::running;
    const bool ended = standing.finished == static_cast<std::int64_t>(standing.runs.size());
    auto text = inWords(standing);
    if (const auto words = runs || ended ? QString() : lastLineOf(log); !words.isEmpty())
      text += ": " + words;
    return [this, text, runs, finished = standing.finished] {
      tell(text);
      if (runs) later_->start(kLookAgain);
      if (std::exchange(finished_, finished) != finished) emit changed();
    };
  });
}

void SingleTaskBar::tell(const QString& text) {
  status_->setText(shownName(text));
  status_->setToolTip(plainToolTip(text));
}

}  // namespace eq::widgets
