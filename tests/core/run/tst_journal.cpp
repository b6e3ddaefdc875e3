#include <QTemporaryDir>
#include <QTest>

#include "core/run/journal.h"
#include "tests/registry.h"

/// SQLite's write-ahead log is for one machine alone.
class TestJournal : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  /// Numbers of statfs(2): NFS, CIFS (whose sign some extend), Lustre; ext4, XFS, Btrfs, tmpfs,
  /// overlayfs.
  void fileSystemsOfOtherMachinesAreKnown() {
    for (const unsigned long type : {0x6969UL, 0xFF534D42UL, 0xFFFFFFFFFF534D42UL, 0x0BD00BD0UL})
      QVERIFY(eq::run::isNetworkFileSystem(type));
    for (const unsigned long type :
         {0xEF53UL, 0x58465342UL, 0x9123683EUL, 0x01021994UL, 0x794C7630UL})
      QVERIFY(!eq::run::isNetworkFileSystem(type));
  }

  void whatIsNotThereIsTakenForLocal() {
    const QTemporaryDir folder;
    QVERIFY(!eq::run::isOnNetwork(folder.filePath("none").toStdString()));
  }
};

EQUIPOISE_TEST(TestJournal)
#include "tst_journal.moc"
