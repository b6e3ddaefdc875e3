#include <fstream>
#include <memory>

#include <qcustomplot.h>

#include <QAbstractItemView>
#include <QAction>
#include <QComboBox>
#include <QLabel>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QTextDocument>

#include "app/main_window.h"
#include "app/run_controller.h"
#include "core/train/experiment.h"
#include "tests/registry.h"
#include "widgets/plots/plot_area.h"
#include "widgets/plots/plot_panel.h"
#include "widgets/session/run_data.h"
#include "widgets/style/message_bar.h"

using eq::app::MainWindow;
using namespace eq::widgets;

namespace {

constexpr int kLongestInPlots = 64;  // characters of a name in a legend or at an axis

const QStringList& hostileNames() {
  static const QStringList names{"2e3", "<b>bold</b><img src=\"x\">", "50% & $x_1^2$ ~\\#{}",
                                 QString(300, 'y')};
  return names;
}

bool isOneLine(const QString& text) {
  for (const QChar c : text)
    if (c.category() == QChar::Other_Control || c == QChar(0x202e)) return false;
  return true;
}

/// Text that Qt would take for HTML holds none of a name's tags.
bool isHarmless(const QString& text) {
  return !Qt::mightBeRichText(text) || !(text.contains("<b>bold") || text.contains("<img"));
}

void checkLabel(const QLabel& label) {
  const bool shown = label.textFormat() == Qt::PlainText || isHarmless(label.text());
  QVERIFY2(shown, qPrintable(label.text()));
  for (const QString& line : label.text().split('\n')) QVERIFY2(isOneLine(line), qPrintable(line));
}

void checkCells(const QAbstractItemModel& model) {
  for (int row = 0; row < model.rowCount(); ++row)
    for (int column = 0; column < model.columnCount(); ++column) {
      const auto index = model.index(row, column);
      const auto text = index.data().toString();
      QVERIFY2(isOneLine(text), qPrintable(text));
      const auto tip = index.data(Qt::ToolTipRole).toString();
      QVERIFY2(isHarmless(tip), qPrintable(tip));
    }
}

void checkPlot(QCustomPlot& plot) {
  for (int i = 0; i < plot.legend->itemCount(); ++i)
    if (auto* item = qobject_cast<QCPPlottableLegendItem*>(plot.legend->item(i))) {
      QVERIFY2(isOneLine(item->plottable()->name()), qPrintable(item->plottable()->name()));
      QVERIFY(item->plottable()->name().size() <= kLongestInPlots);
    }
  for (const auto* rect : plot.axisRects())
    for (const auto* axis : rect->axes())
      QVERIFY2(isOneLine(axis->label()), qPrintable(axis->label()));
}

}  // namespace

class TestHostileNames : public QObject {
  Q_OBJECT

 private slots:
  void init() {
    folder_ = std::make_unique<QTemporaryDir>();
    window_ = std::make_unique<MainWindow>(folder_->path().toStdString());
    window_->resize(1024, 700);
    window_->show();
    window_->openExperiment(experiment());
    window_->startExperiment();
    QSignalSpy ended(&window_->runs(), &eq::app::RunController::ended);
    QVERIFY(ended.wait(60000));
    QVERIFY2(window_->data().taskCount() == static_cast<int>(hostileNames().size()),
             qPrintable(window_->messages().text()));
  }
  void cleanup() {
    window_.reset();
    folder_.reset();
  }

  void everyTextOfTheWindowIsPlainAndOnOneLine() {
    for (auto* panel : window_->plots().panels()) panel->bringUpToDate();
    for (const auto* action : window_->findChildren<QAction*>()) {
      QVERIFY2(isOneLine(action->text()), qPrintable(action->text()));
      QVERIFY2(isHarmless(action->toolTip()), qPrintable(action->toolTip()));
    }
    for (const auto* widget : window_->findChildren<QWidget*>())
      QVERIFY2(isHarmless(widget->toolTip()), qPrintable(widget->toolTip()));
    for (const auto* label : window_->findChildren<QLabel*>()) checkLabel(*label);
    for (const auto* box : window_->findChildren<QComboBox*>()) checkCells(*box->model());
    for (const auto* view : window_->findChildren<QAbstractItemView*>())
      if (view->model()) checkCells(*view->model());
    for (auto* panel : window_->plots().panels()) checkPlot(panel->plot());
    QVERIFY2(isOneLine(window_->windowTitle()), qPrintable(window_->windowTitle()));
    QVERIFY(window_->windowTitle().contains("[*][*]"));
  }

  void figuresHoldTheNamesInFull() {
    auto* losses = window_->plots().panel("losses");
    QVERIFY(losses);
    for (qsizetype i = 0; i < hostileNames().size(); ++i)
      QCOMPARE(losses->series()[static_cast<std::size_t>(i)].name, hostileNames()[i]);
  }

  /// Tables refuse such names; a run folder may hold them all the same.
  void controlCharactersOfARunAreSpelledOut() {
    RunData data;
    std::vector<eq::TaskInfo> tasks(1);
    tasks[0].name = "a\nb\tc\x1b\u202e";
    data.start({}, tasks);
    QCOMPARE(data.taskName(0), QString("a\\nb\\tc\\u001b\\u202e"));
  }

  void aLongNameDoesNotWidenTheWindow() {
    QVERIFY2(window_->minimumSizeHint().width() <= 1024,
             qPrintable(QString::number(window_->minimumSizeHint().width())));
  }

 private:
  /// Four tasks with such names, one of them with classes that have such names as well.
  eq::train::Experiment experiment() const {
    const auto file = folder_->filePath("table.csv").toStdString();
    std::ofstream table(file);
    table << "x,y,c\n";
    for (int i = 0; i < 40; ++i)
      table << i * 0.1 << ',' << (i % 7) - 3.5 << ','
            << (i % 2 ? "\"<i>one</i>\nline\"" : "\"two & <b>bold</b>\"") << '\n';
    table.close();
    nlohmann::json targets = nlohmann::json::array();
    for (qsizetype i = 0; i < hostileNames().size(); ++i)
      targets.push_back({{"column", i == 1 ? "c" : "y"},
                         {"kind", i == 1 ? "class" : "number"},
                         {"name", hostileNames()[i].toStdString()}});
    return eq::train::experimentFromJson(
        {{"name", "<h1>n</h1>[*] & x"},
         {"data", {{"id", "table"}, {"path", file}, {"inputs", {"x"}}, {"targets", targets}}},
         {"model", {{"id", "mlp"}, {"hidden", {4}}}},
         {"conflict", {{"every", 2}}},
         {"batch_size", 8},
         {"epochs", 2},
         {"threads", 1}},
        folder_->path().toStdString());
  }

  std::unique_ptr<QTemporaryDir> folder_;
  std::unique_ptr<MainWindow> window_;
};

EQUIPOISE_TEST(TestHostileNames)
#include "tst_hostile_names.moc"
