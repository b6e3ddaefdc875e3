#pragma once

#include <vector>

#include <QStringList>
#include <QWidget>

class QCheckBox;
class QGridLayout;
class QLabel;
class QSlider;

namespace eq::widgets {

class NumberBox;

/// A slider with a number beside it. The number may be beyond the slider's ends; a double click on
/// the slider brings the first value back.
class CoefficientSlider : public QObject {
  Q_OBJECT

 public:
  /// \param name for screen readers. \param first value.
  CoefficientSlider(QWidget& parent, const QString& name, double first);

  QSlider& slider() const { return *slider_; }
  NumberBox& box() const { return *box_; }
  double value() const { return value_; }
  /// Tells nobody.
  void show(double value);
  void setEnabled(bool enabled);

 signals:
  /// By a person.
  void moved();

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void take(double value);

  double first_, value_;
  QSlider* slider_;
  NumberBox* box_;
};

/// A row an expert: colour, name, whether it is added, and its λ; above them one λ for all.
class CoefficientRows : public QWidget {
  Q_OBJECT

 public:
  explicit CoefficientRows(QWidget* parent = nullptr);

  struct Row {
    QString name, tip;
  };
  /// \param first λ of each.
  void setRows(const std::vector<Row>& rows, double first);
  /// [K]; 0 of those that are not added.
  std::vector<double> coefficients() const;
  /// Whether a slider is held.
  bool isHeld() const;

 signals:
  /// By a person, also while a slider is held.
  void changed();
  /// A slider was let go.
  void released();

 protected:
  void changeEvent(QEvent* event) override;

 private:
  struct Expert {
    QLabel* colour;
    QCheckBox* name;
    CoefficientSlider* lambda;
  };
  void addExpert(int index, const Row& row, double first);
  void addAll(double first);
  void place(int row, QWidget* colour, QWidget* name, const CoefficientSlider& lambda);
  void connectLambda(const CoefficientSlider& lambda);
  void moveAll();
  /// The λ for all where they agree, else their mean, and says so.
  void showAll();
  void takeColours();

  QGridLayout* grid_ = nullptr;
  QWidget* content_ = nullptr;
  QLabel* allName_ = nullptr;
  CoefficientSlider* all_ = nullptr;
  std::vector<Expert> experts_;
};

}  // namespace eq::widgets
