#include <filesystem>
#include <fstream>

#include <QTemporaryDir>
#include <QTest>

#include "app/cli/cli_support.h"
#include "app/cli/sweep_support.h"
#include "core/base/error.h"
#include "core/run/atomic_file.h"
#include "core/run/end_notice.h"
#include "tests/registry.h"

using namespace eq;

class TestNotify : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() {
    std::ofstream(text("tell")) << "#!/bin/sh\n"
                                   "printf '%s|%s|%s|%s|%s|%s\\n' \"$1\" \"$EQUIPOISE_RUN\" "
                                   "\"$EQUIPOISE_NAME\" \"$EQUIPOISE_STATE\" \"$EQUIPOISE_REASON\" "
                                   "\"$EQUIPOISE_STEPS\" >> '" +
                                       text("told") + "'\n";
    std::filesystem::permissions(text("tell"), std::filesystem::perms::owner_all);
    write("valleys.json", experiment());
  }

  void aCommandIsWordsAndNoShellReadsIt() {
    using Words = std::vector<std::string>;
    QVERIFY(run::commandWords("notify-send -u  low") == (Words{"notify-send", "-u", "low"}));
    QVERIFY(run::commandWords("sh -c 'a \"b\" $X; c'") == (Words{"sh", "-c", "a \"b\" $X; c"}));
    QVERIFY(run::commandWords("a \"\" x\"y z\"") == (Words{"a", "", "xy z"}));
    for (const auto* wrong : {"", "  ", "a 'b", "\"\""})
      QVERIFY_EXCEPTION_THROWN(run::commandWords(wrong), Error);
  }

  void aRunThatHasEndedIsTold() {
    const auto answer = call({"run", text("valleys.json"), "--steps", "3", "--quiet", "--out",
                              text("runs"), "--notify", text("tell") + " '$HOME a'"});
    QVERIFY2(answer.code == 0, answer.err.c_str());
    const auto folder = std::filesystem::absolute(answer.out.substr(0, answer.out.size() - 1));
    QCOMPARE(told(), "$HOME a|" + folder.string() + "|valleys|stopped||3\n");
  }

  void aSweepIsToldOnce() {
    auto sweep = experiment();
    sweep["sweep"] = {{"fields", {{"optimizer.lr", {0.1}}}}, {"seeds", {1, 2}}};
    sweep["epochs"] = 2;
    write("sweep.json", sweep);
    const auto answer = answerOf({"sweep", text("sweep.json"), "--quiet", "--workers", "1", "--out",
                                  text("sweep"), "--notify", text("tell")});
    QVERIFY2(answer.code == 0, answer.err.c_str());
    QCOMPARE(told(), "|" + text("sweep") + "|valleys|finished||\n");
  }

  void aRaceIsToldOnce() {
    write("race.json", experiment());
    const auto answer =
        answerOf({"race", text("race.json"), "--quiet", "--steps", "3", "--out", text("race"),
                  "--notify", text("tell"), "--or", "--set", "optimizer.lr=0.1"});
    QVERIFY2(answer.code == 0, answer.err.c_str());
    QCOMPARE(told(), "|" + text("race") + "|valleys|finished||\n");
  }

  void whatCannotBeStartedIsAWarning() {
    const auto answer = call({"run", text("valleys.json"), "--steps", "1", "--quiet", "--out",
                              text("runs"), "--notify", text("no-such-program")});
    QCOMPARE(answer.code, 0);
    QVERIFY2(answer.err.find("warning: --notify: " + text("no-such-program")) == 0,
             answer.err.c_str());
  }

  void aCommandThatIsNoneIsRefusedBeforeTheRun() {
    const auto answer =
        call({"run", text("valleys.json"), "--out", text("none"), "--notify", "'a"});
    QCOMPARE(answer.code, 2);
    QVERIFY(!std::filesystem::exists(text("none")));
  }

 private:
  static nlohmann::json experiment() {
    return {{"name", "valleys"},
            {"data", {{"id", "two_valleys"}}},
            {"model", {{"id", "point"}}},
            {"batch_size", 1},
            {"threads", 1}};
  }
  std::string text(const std::string& below) const {
    return (std::filesystem::path(folder_.path().toStdString()) / below).string();
  }
  void write(const std::string& name, const nlohmann::json& value) const {
    std::ofstream(text(name)) << value.dump();
  }
  /// What the command wrote, which is forgotten then.
  std::string told() const {
    const auto found = run::readWhole(text("told"));
    std::filesystem::remove(text("told"));
    return found;
  }

  QTemporaryDir folder_;
};

EQUIPOISE_TEST(TestNotify)
#include "tst_notify.moc"
