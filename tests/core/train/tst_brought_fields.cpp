#include <QTemporaryDir>
#include <QTest>

#include <fstream>

#include "core/base/error.h"
#include "core/train/trainer.h"
#include "tests/registry.h"

using nlohmann::json;

/// A misspelt field took its column away from the inputs, and no loss read it.
class TestBroughtFields : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;

  eq::train::Trainer trainer(const std::string& field, const json& loss) const {
    const std::filesystem::path folder = folder_.path().toStdString();
    std::ofstream file(folder / "x.csv");
    file << "x,z,y\n";
    for (int i = 0; i < 40; ++i) file << i * i % 11 << ',' << i % 3 + 1 << ',' << i * i % 7 << '\n';
    file.close();
    json task{{"name", "y"}};
    if (!loss.is_null()) task["loss"] = loss;
    const json target{{"column", "y"}, {"kind", "number"}, {"fields", {{field, "z"}}}};
    const json experiment{
        {"name", "n"},
        {"data", {{"id", "table"}, {"path", "x.csv"}, {"targets", json::array({target})}}},
        {"model", {{"id", "mlp"}}},
        {"tasks", json::array({task})}};
    return eq::train::Trainer(eq::train::experimentFromJson(experiment, folder));
  }

  static QString notesOf(const eq::train::Trainer& trainer) {
    QString notes;
    for (const auto& note : trainer.warnings())
      notes += QString::fromStdString(note.place + ": " + note.message + "\n");
    return notes;
  }

 private Q_SLOTS:
  void aFieldThatNothingReadsIsRefusedWithTheNearest() {
    try {
      trainer("wieght", nullptr);
      QFAIL("accepted");
    } catch (const eq::Error& error) {
      const QString message = error.what();
      QVERIFY2(message.startsWith("data.targets[0].fields.wieght: no loss and no metric reads it"),
               error.what());
      QVERIFY2(message.contains("weight"), error.what());
    }
  }

  void aFieldThatOnlyOtherLossesReadIsSaid() {
    QVERIFY(notesOf(trainer("group", nullptr))
                .contains("data.targets[0].fields.group: neither the loss nor a metric of the task "
                          "\"y\" reads it"));
    QVERIFY(!notesOf(trainer("group", {{"id", "ranknet"}})).contains("neither the loss"));
  }
};

EQUIPOISE_TEST(TestBroughtFields)
#include "tst_brought_fields.moc"
