#include "core/train/weight_map.h"

#include <QTest>

#include "core/base/error.h"
#include "tests/registry.h"

using eq::train::shippedMap;
using eq::train::WeightMap;
using nlohmann::json;

namespace {

std::vector<std::string> namesFor(const WeightMap& map, const std::string& name) {
  std::vector<std::string> names;
  for (const auto& reading : map.readingsOf(name)) names.push_back(reading.name);
  return names;
}

json mapWith(const json& entry) {
  return json{{"tensors", json::array({entry})}};
}

WeightMap mapOf(const std::string& ours, const std::string& theirs) {
  return WeightMap(mapWith({{"ours", ours}, {"theirs", theirs}}), "map.json");
}

QString refusal(const json& value) {
  try {
    const WeightMap map(value, "map.json");
  } catch (const eq::Error& error) {
    return QString::fromStdString(error.what());
  }
  return "nothing thrown";
}

QString entryRefusal(const json& changes) {
  json entry{{"ours", "a.*"}, {"theirs", "b.*"}};
  entry.update(changes);
  return refusal(mapWith(entry));
}

}  // namespace

class TestWeightMap : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void withoutAMapNamesStayOrAreThoseOfCheckpoints() {
    QCOMPARE(namesFor(WeightMap(), "trunk.0.weight"),
             (std::vector<std::string>{"trunk.0.weight", "model.trunk.0.weight"}));
  }

  void starsAreFilledIn_data() {
    QTest::addColumn<QString>("ours");
    QTest::addColumn<QString>("theirs");
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("found");
    const auto add = [](const char* ours, const char* theirs, const char* name, const char* found) {
      QTest::addRow("%s of %s", name, ours) << ours << theirs << name << found;
    };
    add("trunk.*", "*", "trunk.conv1.weight", "conv1.weight");
    add("trunk.*.*.w", "*/*", "trunk.3.a.b.w", "3/a.b");
    add("a*b", "*", "ab", "");
    add("a*b", "x", "a1b", "x");
    add("*", "m.*.n", "k", "m.k.n");
    add("*ab*", "*|*", "xabyab", "x|yab");
    add("a", "b", "a", "b");
    add("a*aa", "*", "aaa", "");
    add("a", "b", "ab", "none");
    add("a*aa", "*", "aa", "none");
    add("a*b", "*", "abc", "none");
    add("trunk.*", "*", "head.trunk.0", "none");
  }
  void starsAreFilledIn() {
    QFETCH(QString, ours);
    QFETCH(QString, theirs);
    QFETCH(QString, name);
    QFETCH(QString, found);
    const auto names =
        namesFor(mapOf(ours.toStdString(), theirs.toStdString()), name.toStdString());
    if (found == "none")
      QVERIFY(names.empty());
    else
      QCOMPARE(names, std::vector<std::string>{found.toStdString()});
  }

  void entriesSayHowATensorIsRead() {
    const WeightMap map(json::parse(R"({"tensors": [{"ours": "q", "theirs": "qkv", "part": [1, 3]},
                                    {"ours": "*", "theirs": "*", "permute": [1, 0], "reshape": true}]})"),
                        "map.json");
    const auto readings = map.readingsOf("q");
    QCOMPARE(readings.size(), size_t{2});
    QCOMPARE(readings[0].part, std::int64_t{1});
    QCOMPARE(readings[0].parts, std::int64_t{3});
    QVERIFY(!readings[0].reshape && readings[0].permute.empty());
    QVERIFY(readings[1].reshape && readings[1].parts == 1);
    QCOMPARE(readings[1].permute, (std::vector<std::int64_t>{1, 0}));
  }

  void mapsThatComeWithTheProgramAreRead() {
    for (const auto& name : eq::train::shippedMapNames()) shippedMap(name);
    QCOMPARE(namesFor(shippedMap("resnet-torchvision"), "trunk.layer1.0.bn2.running_mean"),
             std::vector<std::string>{"layer1.0.bn2.running_mean"});
    const auto timm = shippedMap("vit-timm").readingsOf("trunk.blocks.11.attn.value.bias");
    QCOMPARE(timm.front().name, std::string("blocks.11.attn.qkv.bias"));
    QCOMPARE(timm.front().part, std::int64_t{2});
    QCOMPARE(namesFor(shippedMap("vit-torchvision"), "trunk.blocks.4.mlp.fc2.weight"),
             (std::vector<std::string>{"encoder.layers.encoder_layer_4.mlp.3.weight",
                                       "encoder.layers.encoder_layer_4.mlp.linear_2.weight"}));
    QVERIFY(namesFor(shippedMap("vit-timm"), "head.digit.weight").empty());
  }

  void refusalsNameTheEntry() {
    QCOMPARE(refusal(json::array()),
             QString("map.json: expected an object with the list \"tensors\", found array"));
    QCOMPARE(refusal({{"tensors", json::array()}}),
             QString("map.json: tensors: expected a list of entries, found []"));
    QVERIFY(refusal(mapWith({{"ours", "a"}})).startsWith("map.json: tensors[0]"));
    QCOMPARE(
        entryRefusal({{"theirs", "*.*"}}),
        QString("map.json: tensors[0].theirs: *.* has more stars than a.*, of which each stands "
                "for one"));
    for (const char* part : {"3", "[0]", "[3, 3]", "[-1, 3]", "[0, 0]", "[0.5, 2]", "[0, 9999]"})
      QVERIFY2(
          entryRefusal({{"part", json::parse(part)}}).startsWith("map.json: tensors[0].part: "),
          part);
    for (const char* order : {"1", "[]", "[1]", "[0, 0]", "[0, 2]", "[0, \"1\"]"})
      QVERIFY2(entryRefusal({{"permute", json::parse(order)}})
                   .startsWith("map.json: tensors[0].permute: "),
               order);
    QVERIFY(entryRefusal({{"reshape", 1}}).startsWith("map.json: tensors[0].reshape: "));
    QVERIFY(entryRefusal({{"transpose", true}}).startsWith("map.json: tensors[0].transpose: "));
  }
};

EQUIPOISE_TEST(TestWeightMap)
#include "tst_weight_map.moc"
