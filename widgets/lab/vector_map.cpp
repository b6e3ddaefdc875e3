#include "widgets/lab/vector_map.h"

#include <algorithm>
#include <cmath>

#include <qcustomplot.h>

#include <QComboBox>
#include <QMouseEvent>
#include <QToolTip>

#include "widgets/lab/lab_words.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

double numberOrNan(const std::optional<double>& value) {
  return value.value_or(std::nan(""));
}

}  // namespace

VectorMap::VectorMap(const RunData& data, PlotLink& link, QWidget* parent)
    : PlotPanel(tr("Task vectors"), data, link, parent),
      what_(new QComboBox(this)),
      tensor_(new QComboBox(this)),
      map_(std::make_unique<HeatMap>(plot(), *addColourScale({}))) {
  what_->setAccessibleName(tr("Quantity"));
  what_->addItems({tr("Cosine"), tr("Sign conflict"), tr("Mask overlap")});
  tensor_->setAccessibleName(tr("Layer"));
  for (auto* box : {what_, tensor_}) {
    box->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    addControl(box);
    connect(box, &QComboBox::currentIndexChanged, this, &VectorMap::refresh);
  }
  connect(what_, &QComboBox::currentIndexChanged, this, [this] {
    tensor_->setEnabled(what() != What::overlap);
    if (what() == What::overlap && facts_ && !masks_) emit masksWanted();
  });
  connect(&plot(), &QCustomPlot::mouseMove, this,
          [this](const QMouseEvent* event) { mouseMoved(*event); });
  offerTensors();
}

VectorMap::What VectorMap::what() const {
  return static_cast<What>(std::max(what_->currentIndex(), 0));
}

void VectorMap::setFacts(const std::optional<run::LabFacts>& facts) {
  facts_ = facts;
  masks_.reset();
  offerTensors();
  if (facts_ && what() == What::overlap) emit masksWanted();
  refresh();
}

void VectorMap::setMasks(const run::LabMasks& masks) {
  masks_ = masks;
  refresh();
}

void VectorMap::offerTensors() {
  const QSignalBlocker quiet(tensor_);
  tensor_->clear();
  tensor_->addItem(tr("Whole model"), 0);
  if (facts_)
    for (const auto index : tensorOrder(*facts_))
      tensor_->addItem(tensorName(facts_->vectors[index].name), static_cast<int>(index));
}

const run::LabGeometry& VectorMap::geometry() const {
  return facts_->vectors[static_cast<std::size_t>(tensor_->currentData().toInt())];
}

const run::LabTable* VectorMap::table() const {
  if (!facts_) return nullptr;
  if (what() == What::cosine) return &geometry().cosines;
  if (what() == What::conflict) return &geometry().conflicts;
  return masks_ ? &masks_->overlaps : nullptr;
}

HeatMap::Scale VectorMap::scale() const {
  if (what() == What::cosine) return {tr("Cosine"), -1, 1, cosineColour};
  if (what() == What::conflict) return {tr("Share with opposite signs"), 0, 1, heatColour};
  return {tr("Share of common entries"), 0, 1, heatColour};
}

QString VectorMap::remark() const {
  if (what() == What::overlap)
    return tr("TALL masks at λ %1; %2 of all entries are used by one task or none")
        .arg(shortText(masks_->lambda), percentText(masks_->uses[0][0] + masks_->uses[0][1]));
  const auto count = widgets::countText(geometry().size);
  if (what() == What::cosine) return tr("%1 numbers").arg(count);
  return tr("%1 of %2 numbers are raised by one expert and lowered by another")
      .arg(percentText(geometry().conflict), count);
}

void VectorMap::grow() {
  const auto* found = table();
  if (!found) {
    map_->clear();
    return setRemark({});
  }
  const auto names = expertNames(*facts_);
  map_->draw({{names, names},
              scale(),
              [found](int row, int column) {
                return numberOrNan(
                    (*found)[static_cast<std::size_t>(row)][static_cast<std::size_t>(column)]);
              },
              [](double value) { return fixedText(value, 2); }},
             style());
  setRemark(remark());
}

QString VectorMap::hint() const {
  if (!facts_) return tr("Here stands what the task vectors of the experts have in common.");
  return table() ? QString() : tr("The masks are being made.");
}

void VectorMap::restyle(const PlotStyle& style) {
  QFont font = this->font();
  font.setPointSizeF(style.fontSize);
  map_->restyle(font, style);
  grow();
}

QString VectorMap::tipOf(int row, int column) const {
  const auto a = static_cast<std::size_t>(row), b = static_cast<std::size_t>(column);
  const auto names = expertNames(*facts_);
  if (a == b && what() != What::overlap)
    return tr("%1: norm %2").arg(names[row], shortText(geometry().norms[a]));
  if (what() == What::overlap)
    return a == b ? tr("The mask of %1 keeps %2").arg(names[row], percentText(masks_->shares[a]))
                  : tr("%1 and %2 share %3 of the entries that either keeps")
                        .arg(names[row], names[column], shareText(masks_->overlaps[a][b]));
  return tr("%1 and %2\ncosine %3\n%4 of the entries that both change go opposite ways")
      .arg(names[row], names[column],
           geometry().cosines[a][b] ? fixedText(*geometry().cosines[a][b], 4) : QString("–"),
           shareText(geometry().conflicts[a][b]));
}

void VectorMap::mouseMoved(const QMouseEvent& event) {
  const auto cell = map_->cellAt(event.position());
  const QString text = table() && cell ? tipOf(cell->first, cell->second) : QString();
  QToolTip::showText(event.globalPosition().toPoint(), plainToolTip(text), &plot());
}

std::vector<Series> VectorMap::series() const {
  std::vector<Series> all;
  const auto* found = table();
  if (!found) return all;
  const auto names = expertNames(*facts_);
  for (std::size_t a = 0; a < found->size(); ++a) {
    Series one{QString("%1: %2").arg(scale().label, names[static_cast<int>(a)]),
               tr("expert"),
               {},
               {},
               static_cast<int>(a)};
    for (std::size_t b = 0; b < found->size(); ++b) {
      one.x.push_back(static_cast<double>(b));
      one.y.push_back(numberOrNan((*found)[a][b]));
    }
    all.push_back(std::move(one));
  }
  return all;
}

}  // namespace eq::widgets
