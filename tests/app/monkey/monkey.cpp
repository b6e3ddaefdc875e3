#include "app/monkey/monkey.h"

#include <algorithm>
#include <numeric>

#include <QAction>
#include <QApplication>
#include <QEventLoop>
#include <QFileDialog>
#include <QPointer>
#include <QSettings>
#include <QStatusBar>
#include <QTest>
#include <QTimer>

#include "app/monkey/hands.h"
#include "app/monkey/scene.h"
#include "app/run_controller.h"
#include "tests/registry.h"
#include "widgets/plots/plot_area.h"

namespace eq::test {
namespace {

constexpr int kRescueAfter = 40;  // ms
constexpr int kMostRescues = 40;  // then everything that is in front is closed
constexpr int kIdle = 15;         // actions without a run, before one is started
constexpr int kClosing = 60;      // seconds for a last evaluation, of a run with low priority
constexpr int kSettleEvery = 50;  // actions

}  // namespace

Monkey::Monkey(std::uint64_t seed, int actions, Material& material, Journal& journal)
    : seed_(seed), actions_(actions), material_(material), journal_(journal), choice_(seed, 0) {}

Monkey::~Monkey() = default;

void Monkey::openWindow() {
  window_ = std::make_unique<app::MainWindow>(material_.workspace());
  window_->resize(1280, 800);
  window_->show();
  window_->offerInterrupted();
  connect(window_->statusBar(), &QStatusBar::messageChanged, this, [this](const QString& text) {
    for (const char* told : {"Exported to ", "Checkpoint written: "})
      if (text.startsWith(told)) checks_.claim(text.mid(static_cast<int>(qstrlen(told))));
  });
}

/// As a signal ends the program: waits until the run is kept.
void Monkey::endWindow() {
  journal_.beat(kClosing);
  window_.reset();
  journal_.beat();
}

QString Monkey::play() {
  openWindow();
  QEventLoop loop;
  loop_ = &loop;
  next();
  loop.exec();
  finish();
  return problem_;
}

/// From the loop, so that what an action leaves to it (deleting, painting) is done before the next.
void Monkey::next() {
  QTimer::singleShot(choice_.percent(10) ? choice_.below(30) : 0, this, [this] {
    journal_.beat();
    problem_ = problemNow();
    if (!problem_.isEmpty() || action_ == actions_) return loop_->quit();
    ++action_;
    act();
    next();
  });
}

QString Monkey::problemNow() {
  const auto warnings = journal_.takeWarnings();
  if (!warnings.isEmpty()) return "a warning: " + warnings;
  if (const auto problem = checks_.now(*window_); !problem.isEmpty()) return problem;
  return action_ % kSettleEvery == 0 ? checks_.settled(*window_) : QString();
}

void Monkey::act() {
  const auto number = static_cast<std::uint64_t>(action_);
  choice_ = Choice(seed_, number);
  rescues_ = 0;
  acting_ = true;
  QTimer::singleShot(kRescueAfter, this, [this, action = action_] { rescue(action); });
  if (!window_->isVisible()) {
    note("opens the program again");
    endWindow();
    openWindow();
  }
  duringRuns_ += window_->runs().active() ? 1 : 0;
  keepTraining();
  auto* dialog = qobject_cast<QFileDialog*>(QApplication::activeModalWidget());
  if (dialog && !QApplication::activePopupWidget()) {
    useFiles(*dialog);
  } else {
    const auto& all = deeds();
    int draw = choice_.below(std::accumulate(
        all.begin(), all.end(), 0, [](int sum, const Deed& deed) { return sum + deed.weight; }));
    const auto deed = std::find_if(all.begin(), all.end(), [&](const Deed& one) {
      draw -= one.weight;
      return draw < 0;
    });
    (this->*deed->act)();
  }
  acting_ = false;
}

/// Menus and some dialogs of Qt wait in a loop of their own, and the action waits for them.
void Monkey::rescue(int action) {
  if (!acting_ || action != action_) return;
  journal_.beat();
  QTimer::singleShot(kRescueAfter, this, [this, action] { rescue(action); });
  choice_ =
      Choice(seed_, static_cast<std::uint64_t>(action), static_cast<std::uint64_t>(++rescues_));
  if (rescues_ > kMostRescues) return leaveDialogs();
  if (auto* dialog = qobject_cast<QFileDialog*>(QApplication::activeModalWidget()))
    return useFiles(*dialog);
  if (!QApplication::activePopupWidget() && !QApplication::activeModalWidget()) {
    note("  lets go");  // of something that is dragged
    if (auto* window = inputWindow()) mouse(MouseDeed::release, *window, window->rect().center());
    return;
  }
  if (choice_.percent(30)) return escape();
  choice_.percent(70) ? click() : key();
}

void Monkey::leaveDialogs() {
  note("  closes what is in front");
  if (auto* popup = QApplication::activePopupWidget()) popup->close();
  if (auto* dialog = QApplication::activeModalWidget()) dialog->close();
}

void Monkey::finish() {
  acting_ = false;
  for (int i = 0;
       i < kMostRescues && (QApplication::activePopupWidget() || QApplication::activeModalWidget());
       ++i) {
    leaveDialogs();
    QTest::qWait(1);
  }
  endWindow();
  if (problem_.isEmpty()) problem_ = checks_.runs(material_.workspace());
  if (!problem_.isEmpty()) return;
  for (const auto* window : QApplication::topLevelWidgets())
    if (window->isVisible()) problem_ = pathOf(*window) + " outlives the window";
}

void Monkey::note(const QString& what) {
  journal_.note(QString("%1 %2").arg(action_).arg(what));
}

QWidget* Monkey::inputWindow() {
  const auto windows = reachableWindows();
  if (windows.size() == 1) return windows.front();
  auto* active = QApplication::activeWindow();
  const bool there = std::find(windows.begin(), windows.end(), active) != windows.end();
  return there ? active : window_.get();
}

QWidget* Monkey::target() {
  const auto widgets = reachableWidgets();
  const auto controls = controlsAmong(widgets);
  const auto& wanted = choice_.percent(75) && !controls.empty() ? controls : widgets;
  const int place = choice_.among(namesOf(wanted));
  if (place < 0) return nullptr;
  auto* widget = wanted[static_cast<std::size_t>(place)];
  bringIntoView(*widget);
  return widget;
}

QPoint Monkey::placeIn(const QWidget& widget) {
  auto area = widget.visibleRegion().boundingRect();
  if (area.isEmpty()) area = widget.rect();
  const int right = choice_.below(1000), down = choice_.below(1000);
  return {area.x() + right * area.width() / 1000, area.y() + down * area.height() / 1000};
}

/// A monkey that only ever looks at recorded runs would learn little.
void Monkey::keepTraining() {
  idle_ = window_->runs().active() ? 0 : idle_ + 1;
  if (idle_ < kIdle || QApplication::activeModalWidget() || QApplication::activePopupWidget())
    return;
  idle_ = 0;
  static const std::vector<const char*> samples{"samples/table.json", "samples/two-valleys.json"};
  const auto* sample = choice_.of(samples);
  note(QString("starts ") + sample);
  window_->openPath(inSource(sample), [this] { window_->startExperiment(); });
}

}  // namespace eq::test
