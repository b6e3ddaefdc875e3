#pragma once

#include <qcustomplot.h>

#include <QStringList>

namespace eq::widgets {

/// Names of classes at 0, 1, 2, ...: all of them where they have room along the axis, else every
/// second, fifth, tenth ... one. Long names are cut short.
class ClassTicker : public QCPAxisTicker {
 public:
  /// \param axis its own; must outlive it.
  explicit ClassTicker(const QCPAxis& axis) : axis_(axis) {}

  void setNames(const QStringList& names);
  /// Pixels of the widest name in the axis's font.
  int widest() const;

 protected:
  QVector<double> createTickVector(double step, const QCPRange& range) override;
  QString getTickLabel(double tick, const QLocale& locale, QChar form, int precision) override;
  int getSubTickCount(double) override { return 0; }

 private:
  /// Names from one label to the next.
  int stride() const;

  const QCPAxis& axis_;
  QStringList names_;
};

}  // namespace eq::widgets
