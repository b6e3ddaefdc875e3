#include "app/monkey/material.h"

#include <QDir>
#include <QFile>
#include <QImage>
#include <QUrl>

#include "core/loss/script_fixture.h"
#include "tests/registry.h"

namespace eq::test {
namespace {

constexpr auto kTable = "a,b,kind\n1,2,x\n2,3,y\n3,4,x\n4,5,y\n5,6,x\n6,7,y\n7,8,x\n8,9,y\n";

QByteArray withScript(const QString& script, const QString& table) {
  return QString(R"({"name": "A script", "data": {"id": "table", "path": "%1",
    "targets": [{"column": "b", "kind": "number"}]}, "model": {"id": "mlp", "hidden": [4]},
    "tasks": [{"name": "b", "loss": {"id": "torchscript", "path": "%2"}}],
    "batch_size": 2, "epochs": 2000, "threads": 1})")
      .arg(table, script)
      .toUtf8();
}

}  // namespace

Material::Material(const QString& folder) : folder_(folder) {
  for (const char* name : {"runs", "home", "config", "out"}) QDir().mkpath(at(name));
  for (const char* variable : {"HOME", "XDG_DATA_HOME"}) qputenv(variable, at("home").toUtf8());
  for (const char* variable : {"XDG_CONFIG_HOME", "XDG_CACHE_HOME"})
    qputenv(variable, at("config").toUtf8());
  QDir::setCurrent(at("out"));
  for (const auto& sample :
       QDir(QString::fromStdString(inSource("samples"))).entryInfoList({"*.json"}))
    files_.push_back(sample.absoluteFilePath());
  write("table.csv", kTable);
  loss::test::writeScript(at("loss.pt").toStdString(),
                          "def forward(self, p, t):\n  return (p - t) ** 2\n");
  write("script.json", withScript(at("loss.pt"), at("table.csv")));
  writeBroken();
}

void Material::write(const QString& name, const QByteArray& content) {
  QFile file(at(name));
  if (!file.open(QIODevice::WriteOnly)) qFatal("%s: cannot be written", qPrintable(at(name)));
  file.write(content);
  files_.push_back(at(name));
}

void Material::writeBroken() {
  QByteArray noise;
  Choice choice(1, 1);
  for (int i = 0; i < 3000; ++i) noise += static_cast<char>(choice.below(256));
  write("empty.json", {});
  write("empty.csv", {});
  write("noise.json", noise);
  write("noise.csv", noise);
  write("noise.csv.gz", "\x1f\x8b" + noise);
  write("cut.json", R"({"name": "cut", "data": {"id": )");
  write("deep.json", QByteArray(100000, '['));
  write("other.json", R"({"data": {"id": "no_such"}, "model": 3})");
  write("gone.json", R"({"data": {"id": "table", "path": "/nowhere/x.csv", "targets": []},
                         "model": {"id": "mlp"}})");
  write("script-of-noise.json", withScript(at("noise.csv"), at("table.csv")));
  write("one.csv", "a\n1\n");
  write("wide.csv",
        QByteArray("a,").repeated(2000) + "b\n" + QByteArray("1,").repeated(2000) + "2\n");
  files_.push_back(at("no such file.json"));
  files_.push_back(at("out"));
}

std::filesystem::path Material::fileToOpen(Choice& choice) const {
  const auto runs = QDir(at("runs")).entryInfoList(QDir::Dirs | QDir::NoDotAndDotDot, QDir::Name);
  if (!runs.isEmpty() && choice.percent(25))
    return runs[choice.below(static_cast<int>(runs.size()))].absoluteFilePath().toStdString();
  return choice.of(files_).toStdString();
}

QString Material::fileToSave(Choice& choice) const {
  return at("out/") + QString("file %1").arg(choice.below(6)) +
         choice.of(std::vector<QString>{"", ".json", ".pdf", ".svg", ".png", ".csv", ".tex", ".ü"});
}

QString Material::text(Choice& choice) const {
  static const std::vector<QString> texts{
      "0",       "1",     "2",      "3",        "12",       "0.5",          "1,5",   "-1",
      "1e-3",    "1e400", "nan",    "-inf",     "1,234.5",  "0x10",         "",      " ",
      "½",       "٣",     "\u202e", "x",        "pred - y", "p**2 + (t",    "%1 %2", "<b>b</b>",
      "a\tb",    "🙂",  "'\"\\",  "[1, 2,",   "[8, 4]",   "[{\"a\": 1}]", "null",  "true",
      "Wein №2", "a/b",   "..",     "{\"id\":", "8; 4",     "1 2"};
  if (choice.percent(8)) return at(choice.percent(50) ? "table.csv" : "noise.csv");
  if (choice.percent(3)) return QString("long ").repeated(200);
  return choice.of(texts);
}

QMimeData* Material::mime(Choice& choice) const {
  auto* data = new QMimeData;
  const int kind = choice.below(10);
  if (kind < 6) {
    data->setText(text(choice));
  } else if (kind < 9) {
    QList<QUrl> urls;
    for (int i = choice.between(0, 2); i >= 0; --i)
      urls << QUrl::fromLocalFile(QString::fromStdString(fileToOpen(choice).string()));
    if (choice.percent(10)) urls = {QUrl("https://example.org/a.json"), QUrl()};
    data->setUrls(urls);
  } else {
    data->setImageData(QImage(8, 8, QImage::Format_RGB32));
  }
  return data;
}

}  // namespace eq::test
