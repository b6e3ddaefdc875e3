#include <fstream>

#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QMessageBox>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include "app/main_window.h"
#include "app/run_controller.h"
#include "core/base/sha256.h"
#include "core/loss/script_fixture.h"
#include "core/run/run_folder.h"
#include "core/script/scripts.h"
#include "tests/registry.h"
#include "widgets/experiment/experiment_panel.h"
#include "widgets/experiment/task_card.h"
#include "widgets/explorer/loss_card.h"
#include "widgets/explorer/loss_curve_plot.h"
#include "widgets/explorer/loss_explorer.h"
#include "widgets/method_editor.h"
#include "widgets/parameter_form.h"
#include "widgets/plots/plot_area.h"
#include "widgets/session/run_data.h"
#include "widgets/style/message_bar.h"
#include "widgets/style/typed_number.h"

using namespace eq::widgets;
using eq::app::MainWindow;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

constexpr int kLong = 60000;  // ms, for machines with much else to do

/// Chooses a method in a combo box, as by hand.
void choose(MethodEditor& editor, const QString& id) {
  auto* combo = editor.findChild<QComboBox*>();
  combo->setCurrentIndex(combo->findData(id));
  emit combo->activated(combo->currentIndex());
}

void type(MethodEditor& editor, const char* field, const QString& text) {
  auto* line = editor.form()->field(field)->findChild<QLineEdit*>();
  line->setText(text);
  emit line->editingFinished();
}

}  // namespace

/// The window asks before a TorchScript file runs.
class TestScriptGate : public QObject {
  Q_OBJECT

 public:
  static void initMain() {
    static QTemporaryDir settings;
    qputenv("XDG_CONFIG_HOME", settings.path().toUtf8());
    QCoreApplication::setOrganizationName("equipoise");
    QCoreApplication::setApplicationName("test");
  }

 private:
  std::unique_ptr<QTemporaryDir> folder_;
  std::unique_ptr<MainWindow> window_;
  int files_ = 0;

  fs::path path(const std::string& name) const {
    return folder_->filePath(QString::fromStdString(name)).toStdString();
  }

  /// A file with a content that nothing before had, so that nobody trusts it.
  fs::path newScript(const std::string& name = "loss.pt") {
    const auto scale = std::to_string(++files_);
    return eq::loss::test::writeScript(
        path(name), "def forward(self, p, t):\n  return ((p - t) ** 2) * (1 + 0.001 * " + scale +
                        ")\n" + eq::loss::test::writingWhenLoaded(path("trace")));
  }
  bool hasRun() const { return fs::exists(path("trace")); }
  static std::string contentOf(const fs::path& file) {
    return eq::sha256(eq::script::readScript(file, "test"));
  }

  json experiment(const json& loss) const {
    return {{"name", "scripts"},
            {"data",
             {{"id", "scale_imbalance"},
              {"scales", {1, 3}},
              {"inputs", 5},
              {"outputs", 2},
              {"train", 64},
              {"validation", 16},
              {"test", 16}}},
            {"model", {{"id", "mlp"}, {"hidden", {8}}}},
            {"tasks", {{{"name", "y1"}, {"loss", loss}}, {{"name", "y2"}}}},
            {"batch_size", 16},
            {"epochs", 100000},
            {"threads", 1}};
  }
  static json script() { return {{"id", "torchscript"}, {"path", "loss.pt"}}; }
  fs::path written(const json& value) const {
    std::ofstream(path("experiment.json")) << value;
    return path("experiment.json");
  }

  QMessageBox* question() const {
    for (auto* box : window_->findChildren<QMessageBox*>("scriptQuestion"))
      if (box->isVisible()) return box;
    return nullptr;
  }
  /// \returns whether there was a question to answer.
  bool answer(bool trust, bool always = false) {
    auto* box = question();
    if (!box) return false;
    box->checkBox()->setChecked(always);
    for (auto* button : box->buttons())
      if ((box->buttonRole(button) == QMessageBox::AcceptRole) == trust) button->click();
    QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
    return true;
  }

  const eq::train::TaskSpec& task(size_t k) const {
    return window_->experimentPanel().experiment().tasks.at(k);
  }
  MethodEditor& lossEditor(int card) const {
    return *window_->findChildren<TaskCard*>().at(card)->findChild<MethodEditor*>();
  }
  std::size_t rows() const { return window_->data().x(XUnit::step).size(); }

  /// A run without scripts, going on.
  void startPlain() {
    window_->openPath(written(experiment({{"id", "mse"}})));
    window_->startExperiment();
    QTRY_VERIFY_WITH_TIMEOUT(rows() > 2, kLong);
  }

 private slots:
  void init() {
    folder_ = std::make_unique<QTemporaryDir>();
    fs::create_directory(path("runs"));
    window_ = std::make_unique<MainWindow>(path("runs"));
    window_->resize(1280, 800);
    window_->show();
  }
  void cleanup() {
    window_.reset();
    folder_.reset();
  }

  void saysWhatTheFileIs() {
    const auto file = newScript();
    window_->openPath(written(experiment(script())));
    auto* box = question();
    QVERIFY(box && box->isVisible());
    QVERIFY(box->text().contains("is a program"));
    auto text = box->informativeText();
    text.remove("&#8203;");
    QVERIFY(text.contains("all that you may do"));
    QVERIFY(text.contains(QString::fromStdString(file.string())));
    QVERIFY(text.contains(countText(static_cast<qint64>(fs::file_size(file)))));
    const auto digits = QString::fromStdString(contentOf(file));
    QVERIFY(text.contains(digits.left(32)) && text.contains(digits.mid(32)));
    QVERIFY(box->defaultButton() == box->button(QMessageBox::Cancel));
    QVERIFY(!box->checkBox()->isChecked());
    QVERIFY(!hasRun());
  }

  void opensOnceTrusted() {
    const auto file = newScript();
    startPlain();
    window_->runs().session().stop();
    QTRY_VERIFY_WITH_TIMEOUT(!window_->runs().active(), kLong);
    const auto before = window_->experimentPanel().experiment();
    const auto title = window_->windowTitle();
    bool opened = false;
    const auto open = [&] {
      window_->openPath(written(experiment(script())), [&] { opened = true; });
    };
    open();
    QVERIFY(answer(false));
    QVERIFY(!opened && !hasRun());
    QVERIFY(window_->experimentPanel().experiment() == before);
    QCOMPARE(window_->windowTitle(), title);
    QVERIFY(!eq::script::isTrustedScript(contentOf(file)));
    open();
    QVERIFY(answer(true));
    QVERIFY(opened);
    QCOMPARE(task(0).loss.id, std::string("torchscript"));
    window_->startExperiment();
    QVERIFY(!question());
    QTRY_VERIFY_WITH_TIMEOUT(rows() > 2, kLong);
    QVERIFY(hasRun());
    QVERIFY(QSettings().value("trustedScripts").toStringList().isEmpty());
  }

  void remembersOnlyWhatItIsTold() {
    const auto file = newScript();
    window_->openPath(written(experiment(script())));
    QVERIFY(answer(true, true));
    const auto known = QSettings().value("trustedScripts").toStringList();
    QCOMPARE(known, QStringList(QString::fromStdString(contentOf(file))));
    // The next start of the program.
    QSettings().setValue("trustedScripts", QStringList(QString(64, 'a')));
    const MainWindow next(path("runs"));
    QVERIFY(eq::script::isTrustedScript(std::string(64, 'a')));
    QSettings().remove("trustedScripts");
  }

  void anEditWithoutARunIsUndoneWhenRefused() {
    newScript();
    window_->openPath(written(experiment({{"id", "mse"}})));
    choose(lossEditor(0), "torchscript");
    QCOMPARE(task(0).loss.id, std::string("mse"));  // which file is not said yet
    QVERIFY(!question());
    type(lossEditor(0), "path", "loss.pt");
    QVERIFY(answer(false));
    QCOMPARE(task(0).loss.id, std::string("mse"));
    QCOMPARE(lossEditor(0).method().id, std::string("mse"));
    QVERIFY(!question());
    choose(lossEditor(0), "torchscript");
    type(lossEditor(0), "path", "loss.pt");
    QVERIFY(answer(true));
    QCOMPARE(task(0).loss.id, std::string("torchscript"));
    QVERIFY(!hasRun());  // so far nothing needs it
  }

  void aSwapWaitsForTheAnswerAndTheRunGoesOn() {
    newScript();
    startPlain();
    const auto swap = [&] {
      choose(lossEditor(0), "torchscript");
      type(lossEditor(0), "path", "loss.pt");
    };
    swap();
    QVERIFY(question());
    const auto before = rows();
    QTRY_VERIFY_WITH_TIMEOUT(rows() > before + 2, kLong);
    QVERIFY(answer(false));
    QCOMPARE(task(0).loss.id, std::string("mse"));
    QCOMPARE(window_->runs().inForce().tasks[0].loss.id, std::string("mse"));
    QVERIFY(!hasRun());
    swap();
    QVERIFY(answer(true));
    QTRY_COMPARE_WITH_TIMEOUT(window_->runs().inForce().tasks[0].loss.id,
                              std::string("torchscript"), kLong);
    // The panel shows what the run has pinned; another path forgets that.
    QTRY_COMPARE_WITH_TIMEOUT(task(0).loss.params.value("sha256", ""), contentOf(path("loss.pt")),
                              kLong);
    newScript("other.pt");
    type(lossEditor(0), "path", "other.pt");
    QVERIFY(answer(true));
    QTRY_COMPARE_WITH_TIMEOUT(window_->runs().inForce().tasks[0].loss.params.value("sha256", ""),
                              contentOf(path("other.pt")), kLong);
    QVERIFY(window_->messages().text().isEmpty());
  }

  void resumingAndForkingAsk() {
    newScript();
    const auto run = path("runs/earlier");
    fs::create_directories(run / "checkpoints");
    const auto begun = eq::train::experimentFromJson(experiment(script()), path(""));
    std::vector<eq::TaskInfo> tasks(2);
    tasks[0].name = "y1";
    tasks[1].name = "y2";
    eq::run::RunWriter::create(run, {eq::train::toJson(begun), path("").string(), tasks, 100});
    window_->runs().resume(run);
    QVERIFY(answer(false));
    QVERIFY(!window_->runs().active() && !hasRun());
    QCOMPARE(eq::run::RunReader(run).info().state, eq::run::RunState::died);
    startPlain();
    window_->runs().fork(run, 0);
    QVERIFY(answer(false));
    QVERIFY(window_->runs().active());  // the present run is not stopped for it
    window_->runs().session().stop();
    QTRY_VERIFY_WITH_TIMEOUT(!window_->runs().active(), kLong);
    window_->runs().resume(run);
    QVERIFY(answer(true));
    QTRY_COMPARE_WITH_TIMEOUT(window_->runs().present(), run, kLong);
    QVERIFY(hasRun());
  }

  void theExplorerDrawsItOnceTrusted() {
    newScript();
    window_->openPath(written(experiment({{"id", "mse"}})));
    auto& explorer = window_->explorer();
    window_->plots().showDock("Loss explorer");
    QComboBox* axis = nullptr;
    for (auto* box : explorer.findChildren<QComboBox*>())
      if (box->accessibleName() == "Axis") axis = box;
    QVERIFY(axis);
    axis->setCurrentIndex(axis->findData("residual"));
    emit axis->activated(axis->currentIndex());
    auto* card = explorer.cards().at(0);
    auto* editor = card->findChild<MethodEditor*>();
    choose(*editor, "torchscript");
    type(*editor, "path", "loss.pt");
    auto* problem = card->findChild<QLabel*>("problem", Qt::FindDirectChildrenOnly);
    QVERIFY(answer(false));
    QTRY_VERIFY(problem->text().contains("is not trusted"));
    QVERIFY(!hasRun());
    type(*editor, "path", QString::fromStdString(path("loss.pt").string()));
    QVERIFY(answer(true));
    QTRY_VERIFY(problem->text().isEmpty());
    QVERIFY(hasRun());
    QCOMPARE(card->name(), QString("TorchScript file (path loss.pt)"));
  }
};

EQUIPOISE_TEST(TestScriptGate)
#include "tst_script_gate.moc"
