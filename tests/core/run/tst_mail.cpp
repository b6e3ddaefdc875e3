#include <algorithm>
#include <filesystem>
#include <thread>

#include <QTemporaryDir>
#include <QTest>

#include "core/run/atomic_file.h"
#include "core/run/mail.h"
#include "core/run/run_folder.h"
#include "core/run/run_lock.h"
#include "core/run/runner.h"
#include "core/train/trainer.h"
#include "tests/registry.h"

namespace fs = std::filesystem;

using eq::run::Letter;
using eq::run::Mail;
using eq::run::Reply;
using eq::run::RunReader;
using eq::run::sendLetter;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

const std::string kSender = "the test, somebody@somewhere";
const json kNote = json::array({{{"kind", "note"}, {"text", "x"}}});

/// Asks in a thread of its own, as another process would.
class Sender {
 public:
  Sender(const fs::path& folder, const json& commands, std::chrono::milliseconds timeout = 5s)
      : thread_([=, this] { reply_ = sendLetter(folder, commands, kSender, timeout); }) {}
  ~Sender() {
    if (thread_.joinable()) thread_.join();
  }
  Reply reply() {
    thread_.join();
    return reply_;
  }

 private:
  Reply reply_;
  std::thread thread_;
};

/// Takes until something came.
std::vector<Letter> taken(Mail& mail) {
  for (int i = 0; i < 500; ++i) {
    if (auto letters = mail.take(); !letters.empty()) return letters;
    std::this_thread::sleep_for(10ms);
  }
  return {};
}

std::vector<std::string> filesIn(const fs::path& box) {
  std::vector<std::string> kinds;
  std::error_code ignored;
  for (const auto& entry : eq::run::entriesOf(box, ignored))
    kinds.push_back(entry.extension().string());
  return kinds;
}

std::ptrdiff_t lettersIn(const fs::path& box) {
  const auto kinds = filesIn(box);
  return std::count(kinds.begin(), kinds.end(), ".letter");
}

}  // namespace

class TestMail : public QObject {
  Q_OBJECT

 private:
  std::unique_ptr<QTemporaryDir> temporary_;
  fs::path folder() const { return temporary_->path().toStdString(); }
  fs::path box() const { return folder() / "mailbox"; }

  std::unique_ptr<eq::run::Runner> runner() const {
    return eq::run::Runner::start(eq::train::experimentFromJson(json::parse(R"({
      "name": "x", "data": {"id": "scale_imbalance", "scales": [1, 3], "inputs": 5, "outputs": 2,
                            "train": 64, "validation": 16, "test": 16},
      "model": {"id": "mlp", "hidden": [8]}, "batch_size": 16, "epochs": 9, "threads": 1})")),
                                  folder());
  }

  /// Steps and reads until something was asked.
  static eq::run::Asked askedOf(eq::run::Runner& runner) {
    for (int i = 0; i < 500; ++i) {
      const auto asked = runner.readMail();
      if (asked.changed || asked.stop || asked.paused) return asked;
      std::this_thread::sleep_for(10ms);
    }
    return {};
  }

 private Q_SLOTS:
  void initTestCase() { eq::train::useThreads(1); }
  void init() { temporary_ = std::make_unique<QTemporaryDir>(); }

  void aLetterIsTakenOnceAndAnswered() {
    const eq::run::RunLock lock(folder());
    Mail mail(folder()), other(folder());
    Sender sender(folder(), kNote);
    const auto letters = taken(mail);
    QCOMPARE(letters.size(), size_t{1});
    QVERIFY(letters[0].commands == kNote);
    QCOMPARE(letters[0].sender, kSender);
    QVERIFY(mail.take().empty() && other.take().empty());
    mail.answer(letters[0], "");
    QVERIFY(sender.reply().kind == Reply::Kind::done);
    QVERIFY(filesIn(box()).empty());
    Sender refused(folder(), kNote);
    mail.answer(taken(mail).at(0), "no");
    const auto reply = refused.reply();
    QVERIFY(reply.kind == Reply::Kind::refused && reply.reason == "no");
  }

  void lettersComeInTheOrderInWhichTheyWereSent() {
    const eq::run::RunLock lock(folder());
    Mail mail(folder());
    std::vector<std::unique_ptr<Sender>> senders;
    for (int i = 0; i < 3; ++i) {
      senders.push_back(std::make_unique<Sender>(folder(), json::array({i})));
      while (lettersIn(box()) <= i) std::this_thread::sleep_for(5ms);
    }
    const auto letters = mail.take();
    QCOMPARE(letters.size(), size_t{3});
    for (int i = 0; i < 3; ++i) QVERIFY(letters[size_t(i)].commands == json::array({i}));
    for (const auto& letter : letters) mail.answer(letter, "");
    for (auto& sender : senders) QVERIFY(sender->reply().kind == Reply::Kind::done);
  }

  void whatNobodyTakesIsWithdrawn() {
    const auto reply = sendLetter(folder(), kNote, kSender, 100ms);
    QVERIFY(reply.kind == Reply::Kind::nobody);
    QCOMPARE(reply.reason, std::string("no process trains it"));
    QVERIFY(filesIn(box()).empty());
    const eq::run::RunLock lock(folder());
    QCOMPARE(sendLetter(folder(), kNote, kSender, 100ms).reason,
             std::string("its process is busy and took nothing"));
  }

  /// A sender that was killed cannot withdraw.
  void whatIsTooLateIsNotTaken() {
    fs::create_directory(box());
    eq::run::writeAtomically(box() / "1.letter", json{{"commands", kNote}, {"until", 1e9}}.dump());
    eq::run::writeAtomically(box() / "2.letter", "no letter at all");
    QVERIFY(Mail(folder()).take().empty());
    QVERIFY(!fs::exists(box() / "1.letter"));
  }

  void whatADeadProcessTookIsNotDoneAgain() {
    Sender sender(folder(), kNote, 300ms);
    {
      const eq::run::RunLock lock(folder());
      Mail mail(folder());
      QCOMPARE(taken(mail).size(), size_t{1});
    }
    Mail next(folder());
    QVERIFY(next.take().empty());
    const auto reply = sender.reply();
    QVERIFY(reply.kind == Reply::Kind::nobody);
    QCOMPARE(reply.reason, std::string("its process ended before it answered"));
  }

  void aRunnerDoesWhatItIsAskedAndHasItInTheRecord() {
    const auto run = runner();
    Sender sender(run->folder(), json::array({{{"kind", "set_weight"}, {"task", 1}, {"value", 3}},
                                              {{"kind", "checkpoint"}},
                                              {{"kind", "pause"}}}));
    const auto asked = askedOf(*run);
    QVERIFY(asked.changed && asked.paused == true && !asked.stop);
    QVERIFY(sender.reply().kind == Reply::Kind::done);
    const RunReader reader(run->folder());
    QCOMPARE(reader.info().state, eq::run::RunState::paused);
    const auto events = reader.events();
    QCOMPARE(events[events.size() - 2].kind, std::string("paused"));
    QCOMPARE(events.back().kind, std::string("sent"));
    QCOMPARE(events.back().text, "asked for by " + kSender + ": set_weight, checkpoint, pause");
    QVERIFY(events.back().detail.at("sender") == kSender);
    QCOMPARE(run->trainer().experiment().tasks[1].weight, 3.0);
    Sender resume(run->folder(), json::array({{{"kind", "resume"}}}));
    QVERIFY(askedOf(*run).paused == false);
    QVERIFY(resume.reply().kind == Reply::Kind::done);
    QCOMPARE(reader.info().state, eq::run::RunState::running);
  }

  void ofSeveralCommandsAllAreDoneOrNone() {
    const auto run = runner();
    run->take();
    const auto events = RunReader(run->folder()).events().size();
    Sender sender(run->folder(),
                  json::array({{{"kind", "set_weight"}, {"task", 1}, {"value", 3}},
                               {{"kind", "set_weight"}, {"task", 5}, {"value", 3}}}));
    while (!fs::exists(run->folder() / "mailbox")) std::this_thread::sleep_for(5ms);
    for (int i = 0; i < 30; ++i) {
      QVERIFY(!run->readMail().changed);
      std::this_thread::sleep_for(20ms);
    }
    const auto reply = sender.reply();
    QVERIFY(reply.kind == Reply::Kind::refused);
    QVERIFY2(reply.reason.starts_with("commands[1]: tasks[5]"), reply.reason.c_str());
    QCOMPARE(run->trainer().experiment().tasks[1].weight, 1.0);
    run->take();
    const auto now = RunReader(run->folder()).events();
    QCOMPARE(now.size(), events + 1);
    QCOMPARE(now.back().kind, std::string("refused"));
    QCOMPARE(now.back().text, "refused, asked for by " + kSender + ": " + reply.reason);
    QCOMPARE(now.back().detail.at("commands").size(), size_t{2});
  }

  void aNumberOfAProgramOfOnesOwnIsRefused() {
    const auto run = runner();
    Sender sender(run->folder(),
                  json::array({{{"kind", "set_weight"}, {"task", 1}, {"value", 3}},
                               {{"kind", "set_number"}, {"name", "t"}, {"value", 3}}}));
    while (lettersIn(run->folder() / "mailbox") == 0) std::this_thread::sleep_for(5ms);
    std::this_thread::sleep_for(100ms);
    run->readMail();
    const auto reply = sender.reply();
    QVERIFY(reply.kind == Reply::Kind::refused);
    QVERIFY2(reply.reason.starts_with("set_number: "), reply.reason.c_str());
    QCOMPARE(run->trainer().experiment().tasks[1].weight, 1.0);
  }

  void whoAsksForTheEndIsAnsweredWhenTheRunIsClosed() {
    const auto run = runner();
    Sender sender(run->folder(), json::array({{{"kind", "stop"}}}));
    QVERIFY(askedOf(*run).stop);
    std::this_thread::sleep_for(100ms);
    QVERIFY(filesIn(run->folder() / "mailbox") == std::vector<std::string>{".taken"});
    run->close();
    QVERIFY(sender.reply().kind == Reply::Kind::done);
    QCOMPARE(RunReader(run->folder()).info().state, eq::run::RunState::stopped);
  }
};

EQUIPOISE_TEST(TestMail)
#include "tst_mail.moc"
