#include <QTest>
#include "tests/registry.h"
class TestMergeMethods : public QObject { Q_OBJECT
 private Q_SLOTS: void x() {} };
EQUIPOISE_TEST(TestMergeMethods)
#include "tst_merge_methods.moc"
