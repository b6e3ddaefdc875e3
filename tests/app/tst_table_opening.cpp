#include "app/table_opening.h"

#include <QTemporaryDir>
#include <QTest>

#include <fstream>

#include "core/base/error.h"
#include "core/train/trainer.h"
#include "tests/registry.h"

using eq::app::isTable;
using eq::app::openTable;

/// A table that is opened in the window tells what `check` tells of it.
class TestTableOpening : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;

  std::filesystem::path write(const std::string& name, const std::string& text) const {
    const auto file = std::filesystem::path(folder_.path().toStdString()) / name;
    std::ofstream(file) << text;
    return file;
  }

 private Q_SLOTS:
  void endingsOfTablesInAnyCase() {
    for (const char* name : {"a.csv", "DATA.CSV", "a.Csv.GZ", "a.tsv", "a.txt", "a.tab"})
      QVERIFY2(isTable(name), name);
    for (const char* name : {"a.json", "csv", "a.csv.bak", "a.md"}) QVERIFY2(!isTable(name), name);
  }

  void theNotesAreThoseOfCheck() {
    std::string text = ",id,x,y\n";
    for (int i = 0; i < 40; ++i)
      text += std::to_string(i) + ",P" + std::to_string(i) + "," + (i % 5 ? "1.5" : "") + "," +
              (i % 7 == 0 ? ""
               : i % 3    ? "Ja"
               : i % 2    ? "ja"
                          : "nein") +
              "\n";
    const auto opened = openTable(write("x.csv", text));
    QCOMPARE(opened.target, std::string("y"));
    QStringList notes;
    for (const auto& note : opened.notes) notes << QString::fromStdString(note);
    const auto all = notes.join('\n');
    for (const char* part :
         {"column \"column 1\": row number (0, 1, 2 ...), left out", "column \"id\": identifier",
          "column \"x\": every value is \"1.5\", 8 are missing", "column \"x\": 8 missing values",
          "differ in case, blanks or accents only", "column \"y\": 6 of 40 targets are missing"})
      QVERIFY2(all.contains(part), qPrintable(all));
    const eq::train::Trainer trainer(opened.experiment);
    for (const auto& note : trainer.warnings())
      QVERIFY(notes.contains(QString::fromStdString(note.message)));
  }

  void whyItCannotBeTrainedIsANoteSinceTheTargetMayBeAnother() {
    const auto opened = openTable(write("odd.csv", "x,y\n1,a\n2,b\n3,a\nbad,b\n5,a\n6,b\n"));
    QVERIFY(!opened.notes.empty());
    QVERIFY(opened.notes.back().find("expected a number, found \"bad\"") != std::string::npos);
  }

  void aPageIsRefusedWhenOpened() {
    QVERIFY_EXCEPTION_THROWN(openTable(write("page.csv", "<!DOCTYPE html>\n<p>1,2</p>\n")),
                             eq::Error);
  }
};

EQUIPOISE_TEST(TestTableOpening)
#include "tst_table_opening.moc"
