#include "core/data/images/picture.h"

#include <QRegularExpression>
#include <QTest>

#include "tests/core/data/images/picture_support.h"
#include "tests/core/data/reader_support.h"
#include "tests/registry.h"

using eq::data::decodePicture;
using eq::data::decodePictureFormat;
using Values = std::vector<std::uint16_t>;

class TestPicture : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void pngGivesEveryValueAsItStands_data() {
    QTest::addColumn<int>("channels");
    QTest::addColumn<bool>("interlaced");
    for (const int channels : {1, 2, 3, 4})
      for (const bool interlaced : {false, true})
        QTest::addRow("%d channels%s", channels, interlaced ? ", interlaced" : "")
            << channels << interlaced;
  }
  void pngGivesEveryValueAsItStands() {
    QFETCH(int, channels);
    QFETCH(bool, interlaced);
    const auto drawn = canvas(7, 5, channels);
    const auto picture = decodePicture(pictures::png(drawn, interlaced), "x.png");
    QCOMPARE(picture.format.width, std::int64_t{7});
    QCOMPARE(picture.format.height, std::int64_t{5});
    QCOMPARE(picture.format.alpha, channels % 2 == 0);
    QCOMPARE(picture.format.channels, std::int64_t{channels < 3 ? 1 : 3});
    Values wanted;
    for (size_t i = 0; i < drawn.values.size(); ++i)
      if (channels % 2 == 1 || static_cast<int>(i) % channels != channels - 1)
        wanted.push_back(drawn.values[i]);
    QCOMPARE(picture.values, wanted);
  }

  void sixteenBitsStaySixteen() {
    const auto picture = decodePicture(
        pictures::png(2, 1, PNG_COLOR_TYPE_GRAY, 16, {0x01, 0x02, 0xff, 0xfe}), "x.png");
    QCOMPARE(picture.format.white, std::int64_t{65535});
    QCOMPARE(picture.values, Values({0x0102, 0xfffe}));
  }

  void fewerBitsAndPalettesBecomeEight() {
    const auto two = decodePicture(pictures::png(4, 1, PNG_COLOR_TYPE_GRAY, 2, {0b00011011}), "x");
    QCOMPARE(two.values, Values({0, 85, 170, 255}));
    const auto palette = decodePicture(
        pictures::png(2, 1, PNG_COLOR_TYPE_PALETTE, 8, {1, 0}, {{1, 2, 3}, {250, 251, 252}}), "x");
    QCOMPARE(palette.format.channels, std::int64_t{3});
    QCOMPARE(palette.values, Values({250, 251, 252, 1, 2, 3}));
  }

  void jpegIsReadUpToItsLosses() {
    auto drawn = canvas(16, 8, 3);
    for (size_t i = 0; i < drawn.values.size(); ++i)
      drawn.values[i] = static_cast<std::uint8_t>(i % 3 == 0 ? 200 : i % 3 == 1 ? 100 : 40);
    const auto picture = decodePicture(pictures::jpeg(drawn, JCS_RGB), "x.jpg");
    QCOMPARE(picture.format.channels, std::int64_t{3});
    QCOMPARE(picture.values.size(), drawn.values.size());
    for (size_t i = 0; i < drawn.values.size(); ++i)
      QVERIFY(std::abs(int(picture.values[i]) - int(drawn.values[i])) <= 3);
    drawn = {16, 8, 1, std::vector<std::uint8_t>(128, 77)};
    const auto grey = decodePicture(pictures::jpeg(drawn, JCS_GRAYSCALE), "x.jpg");
    QCOMPARE(grey.values, Values(128, 77));
    QVERIFY(messageOf([&] {
              decodePicture(pictures::jpeg(canvas(8, 8, 4), JCS_CMYK), "x.jpg");
            }).startsWith("x.jpg: a JPEG image in CMYK"));
  }

  /// Wherever it is cut off, the message names a byte that is there.
  void whatIsCutOffIsRefusedAtItsEnd_data() {
    QTest::addColumn<QByteArray>("bytes");
    const auto row = [](const char* name, const std::string& bytes) {
      QTest::newRow(name) << QByteArray::fromStdString(bytes);
    };
    row("png", pictures::png(canvas(9, 9, 3)));
    row("interlaced png", pictures::png(canvas(9, 9, 1), true));
    row("jpeg", pictures::jpeg(canvas(16, 16, 3), JCS_RGB, 80));
  }
  void whatIsCutOffIsRefusedAtItsEnd() {
    QFETCH(QByteArray, bytes);
    static const QRegularExpression place("^x: byte (\\d+): ");
    for (qsizetype size = 8; size < bytes.size(); ++size) {
      const auto cut = bytes.first(size).toStdString();
      const auto message = messageOf([&] { decodePicture(cut, "x"); });
      const bool isEndOfJpeg = size >= bytes.size() - 2 && bytes.startsWith("\xff\xd8");
      if (isEndOfJpeg) continue;  // only the marker of the end is missing
      const auto found = place.match(message);
      QVERIFY2(found.hasMatch(), qPrintable(QString("%1: %2").arg(size).arg(message)));
      QVERIFY(found.captured(1).toLongLong() <= size);
    }
    QVERIFY(messageOf([&] { decodePicture(bytes.toStdString(), "x"); }).isEmpty());
  }

  void whatIsNoImageIsRefused() {
    QCOMPARE(messageOf([] { decodePicture("", "x.png"); }),
             QString("x.png: is empty; expected a PNG or JPEG image"));
    QCOMPARE(messageOf([] { decodePicture("GIF89a...", "x.png"); }),
             QString("x.png: byte 0: expected a PNG or JPEG image, found \"GIF89a..\""));
  }

  void aHeaderThatPromisesTooMuchAllocatesNothing() {
    auto bytes = pictures::png(canvas(3, 3, 1));
    for (const size_t at : {16, 20}) bytes.replace(at, 4, std::string("\x00\x01\x00\x00", 4));
    const auto crc = png_crc(bytes);
    bytes.replace(29, 4, crc);
    QCOMPARE(messageOf([&] { decodePicture(bytes, "x.png"); }),
             QString("x.png: 65536 x 65536 pixels (height x width) are more than 50000000"));
    QCOMPARE(decodePictureFormat(bytes, "x.png").width, std::int64_t{65536});
  }

 private:
  /// Of the header's chunk, as four bytes.
  static std::string png_crc(const std::string& bytes) {
    const auto crc = crc32(0, reinterpret_cast<const Bytef*>(bytes.data()) + 12, 4 + 13);
    std::string text;
    for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>((crc >> shift) & 0xff);
    return text;
  }
};

EQUIPOISE_TEST(TestPicture)
#include "tst_picture.moc"
