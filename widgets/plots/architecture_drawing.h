#pragma once

#include <map>
#include <string>
#include <vector>

#include <qcustomplot.h>

#include <QStringList>

#include "widgets/plots/plot_panel.h"
#include "widgets/plots/sharing_owners.h"

namespace eq::widgets {

/// A model as boxes over a whole axis rectangle: from the inputs on the left through what all tasks
/// share, what groups share and what each has alone, to the heads; layers in them.
class ArchitectureDrawing : public QCPAbstractItem {
 public:
  explicit ArchitectureDrawing(QCustomPlot& plot);

  /// \param tasks their names. \param cosines of layers in which gradients were measured, by name.
  void set(std::vector<SharingOwner> owners, const QStringList& tasks,
           std::map<std::string, double> cosines);
  void restyle(const QFont& font, Theme theme);
  /// What the box or the layer below the mouse is; empty: none is there.
  QString textAt(const QPointF& pixel) const;
  /// Pixels that all of it needs.
  int heightWanted() const;

  double selectTest(const QPointF&, bool, QVariant*) const override { return -1; }

 protected:
  void draw(QCPPainter* painter) override;

 private:
  /// A part of an owner: below the heads, or its head.
  struct Box {
    std::size_t owner = 0;
    bool head = false;
    int column = 0;
    std::vector<std::size_t> layers = {};  ///< of the owner's
    std::vector<std::size_t> from = {};    ///< boxes that lead to it; none: the inputs
    QRectF place = {};
  };
  struct Row {
    QRectF place;
    QString text;
  };

  void makeBoxes();
  void addBox(std::size_t owner, bool head);
  void connectBoxes();
  void arrange();
  void drawBoxOf(QCPPainter& painter, const Box& box);
  void drawLayer(QCPPainter& painter, const QRectF& row, const SharingLayer& layer,
                 const QString& block) const;
  QString titleOf(const Box& box) const;
  QStringList countsOf(const Box& box) const;
  QString shortNameOf(const SharingLayer& layer, const QString& block) const;
  QColor edgeOf(const Box& box) const;
  double linesOf(const Box& box) const;

  std::vector<SharingOwner> owners_;
  QStringList tasks_;
  std::map<std::string, double> cosines_;
  std::vector<Box> boxes_;
  std::vector<Row> rows_;  ///< as drawn last
  QRectF inputs_;
  QFont font_;
  Theme theme_ = Theme::light;
};

/// "1.02 M": three digits and a prefix.
QString amountText(double amount);
/// "1.02 MFLOPs".
QString flopsText(std::int64_t flops);

}  // namespace eq::widgets
