#include "widgets/plots/plot_panel.h"

#include <algorithm>
#include <array>

#include <qcustomplot.h>

#include <QAction>
#include <QClipboard>
#include <QComboBox>
#include <QContextMenuEvent>
#include <QEvent>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QScrollArea>
#include <QToolButton>
#include <QVBoxLayout>

#include "widgets/plots/figure_export.h"
#include "widgets/plots/plot_summary.h"
#include "widgets/plots/replot_turns.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

constexpr QSize kLeastPlot{160, 110};  // pixels
constexpr int kLeastBoxWidth = 48;     // pixels, in a header that has no room

/// Cut short in the middle where it is wider than the plot, which it does not widen.
class FigureTitle : public QCPTextElement {
 public:
  using QCPTextElement::QCPTextElement;

 protected:
  QSize minimumOuterSizeHint() const override {
    return {0, QCPTextElement::minimumOuterSizeHint().height()};
  }
  void draw(QCPPainter* painter) override {
    const auto whole = text();
    setText(QFontMetrics(font()).elidedText(whole, Qt::ElideMiddle, rect().width()));
    QCPTextElement::draw(painter);
    setText(whole);
  }
};

QFont withSize(QFont font, double points) {
  font.setPointSizeF(points);
  return font;
}

void styleAxis(QCPAxis& axis, const PlotColours& colours, const QFont& font) {
  const QPen line(colours.axis, 1);
  axis.setBasePen(line);
  axis.setTickPen(line);
  axis.setSubTickPen(line);
  axis.setTickLabelColor(colours.text);
  axis.setLabelColor(colours.text);
  axis.setTickLabelFont(font);
  axis.setLabelFont(font);
  axis.grid()->setPen(QPen(colours.grid, 1));
  axis.grid()->setZeroLinePen(QPen(colours.grid.darker(115), 1));
}

}  // namespace

PlotPanel::PlotPanel(const QString& title, const RunData& data, PlotLink& link, QWidget* parent)
    : QWidget(parent), title_(title), data_(data), link_(link), plot_(new QCustomPlot(this)) {
  setAccessibleName(title);
  describePlotsToScreenReaders();
  makeMenu();
  plot_->setAccessibleName(title);
  plot_->setPlottingHints(QCP::phFastPolylines | QCP::phCacheLabels);
  plot_->setFocusPolicy(Qt::StrongFocus);
  setLeastHeight(0);
  plot_->axisRect()->setMinimumMargins({10, 8, 14, 6});
  hint_ = new QLabel(plot_);
  hint_->setTextFormat(Qt::PlainText);
  hint_->setBackgroundRole(QPalette::Base);  // over axes that have nothing to measure yet
  hint_->setAutoFillBackground(true);
  hint_->setAlignment(Qt::AlignCenter);
  hint_->setWordWrap(true);
  hint_->setMargin(24);
  hint_->setForegroundRole(QPalette::PlaceholderText);
  hint_->setAttribute(Qt::WA_TransparentForMouseEvents);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(0);
  layout->addLayout(makeHeader());
  layout->addWidget(makeArea(), 1);
  connect(&data, &RunData::restarted, this, &PlotPanel::startAgain);
  connect(&data, &RunData::changed, this, &PlotPanel::refresh);
}

QScrollArea* PlotPanel::makeArea() {
  area_ = new QScrollArea(this);
  area_->setFrameShape(QFrame::NoFrame);
  area_->setFocusPolicy(Qt::NoFocus);
  area_->setWidgetResizable(true);
  area_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  area_->setMinimumSize(kLeastPlot);
  area_->setWidget(plot_);
  return area_;
}

void PlotPanel::setLeastHeight(int height) {
  // Said at any rate: otherwise the plot's own least size counts, which is that of bare axes.
  const QSize least(1, std::max(height, 1));
  if (plot_->minimumSize() != least) plot_->setMinimumSize(least);
}

QSize PlotPanel::sizeInSight() const {
  return area_->maximumViewportSize();
}

QHBoxLayout* PlotPanel::makeHeader() {
  header_ = new QHBoxLayout;
  header_->setContentsMargins(8, 4, 4, 4);
  header_->setSpacing(8);
  titleLabel_ = new QLabel(title_, this);
  QFont bold = font();
  bold.setBold(true);
  titleLabel_->setFont(bold);
  counts_ = new QLabel(this);
  counts_->setTextFormat(Qt::PlainText);
  counts_->setForegroundRole(QPalette::PlaceholderText);
  counts_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
  auto* more = new QToolButton(this);
  more->setText("⋯");
  more->setAccessibleName(tr("Menu of %1").arg(title_));
  more->setToolTip(tr("Export, copy, move and more; also by a right click on the plot"));
  more->setAutoRaise(true);
  more->setMenu(menu_);
  more->setPopupMode(QToolButton::InstantPopup);
  header_->addWidget(titleLabel_);
  header_->addWidget(counts_, 1);
  header_->addWidget(more);
  return header_;
}

void PlotPanel::makeMenu() {
  menu_ = new QMenu(this);
  menu_->setToolTipsVisible(true);
  menu_->addSeparator();
  auto* figure = menu_->addAction(tr("&Export…"), this, &PlotPanel::exportRequested);
  figure->setToolTip(tr("This plot as PDF, SVG, PNG, CSV or pgfplots data"));
  menu_->addAction(tr("&Copy the figure"), this, [this] { copyFigure({this}, {}); });
  menu_
      ->addAction(tr("Copy in &words"), this,
                  [this] { QGuiApplication::clipboard()->setText(inWords()); })
      ->setToolTip(tr("Last values, where the curves go, least and greatest values"));
  menu_->addSeparator();
  const std::array<std::pair<QString, PlotPlace>, 4> places{
      {{tr("Move to the right"), PlotPlace::right},
       {tr("Move below"), PlotPlace::below},
       {tr("Move to a window of its own"), PlotPlace::ownWindow},
       {tr("Move back among the tabs"), PlotPlace::tabs}}};
  for (const auto& [text, place] : places)
    menu_->addAction(text, this, [this, place = place] { emit moveRequested(place); });
  plot_->setContextMenuPolicy(Qt::CustomContextMenu);  // it lets no event through to the panel
  connect(plot_, &QWidget::customContextMenuRequested, this, [this](const QPoint& at) {
    prepareMenu(QPointF(at));
    menu_->popup(plot_->mapToGlobal(at));
  });
  // Queued: what was triggered comes first.
  connect(
      menu_, &QMenu::aboutToHide, this, [this] { prepareMenu(std::nullopt); },
      Qt::QueuedConnection);
}

void PlotPanel::addMenuActions(const QList<QAction*>& actions) {
  menu_->insertActions(menu_->actions().front(), actions);
}

void PlotPanel::contextMenuEvent(QContextMenuEvent* event) {
  menu_->popup(event->globalPos());
}

void PlotPanel::setTitleShown(bool shown) {
  titleLabel_->setVisible(shown);
}

void PlotPanel::setCaption(const QString& caption) {
  if (caption == caption_) return;
  caption_ = caption;
  styleTitle();
  replotInTurn(*plot_);
}

QCPColorScale* PlotPanel::addColourScale(const QString& label) {
  scale_ = new QCPColorScale(plot_);
  scale_->setLabel(label);
  scale_->setBarWidth(12);
  scale_->setRangeDrag(false);
  scale_->setRangeZoom(false);
  plot_->plotLayout()->addElement(0, 1, scale_);
  auto* margins = new QCPMarginGroup(plot_);
  plot_->axisRect()->setMarginGroup(QCP::msTop | QCP::msBottom, margins);
  scale_->setMarginGroup(QCP::msTop | QCP::msBottom, margins);
  return scale_;
}

void PlotPanel::addControl(QWidget* control) {
  header_->insertWidget(header_->count() - 1, control);
  if (qobject_cast<QComboBox*>(control)) control->setMinimumWidth(kLeastBoxWidth);
}

QToolButton* PlotPanel::addToggle(const QString& text, const QString& toolTip) {
  auto* button = new QToolButton(this);
  button->setText(text);
  button->setToolTip(toolTip);
  button->setCheckable(true);
  button->setAutoRaise(true);
  addControl(button);
  return button;
}

QString PlotPanel::countText() const {
  return counts_->text();
}

QString PlotPanel::inWords() const {
  const auto curves = series();
  if (curves.empty()) return hint().isEmpty() ? countText() : hint();
  return summaryOf(curves);
}

void PlotPanel::setCounts(std::size_t shown, std::size_t all) {
  countText_ = shown >= all ? QString()
                            : tr("%1 of %2 points")
                                  .arg(widgets::countText(static_cast<qint64>(shown)),
                                       widgets::countText(static_cast<qint64>(all)));
  updateCounts();
}

void PlotPanel::setRemark(const QString& remark) {
  remark_ = remark;
  updateCounts();
}

void PlotPanel::updateCounts() {
  counts_->setText((countText_.isEmpty() || remark_.isEmpty()) ? countText_ + remark_
                                                               : countText_ + " · " + remark_);
  counts_->setToolTip(plainToolTip(counts_->text()));
}

PlotStyle PlotPanel::screenStyle() const {
  return {themeOf(*this), font().pointSizeF() > 0 ? font().pointSizeF() : 9.0, true, {}, 1, 0};
}

void PlotPanel::setStyle(const PlotStyle& style) {
  if (stale_) bringUpToDate();  // a hidden panel may have drawn other curves than it has now
  style_ = style;
  styleAxes();
  styleTitle();
  restyle(style);
}

void PlotPanel::styleTitle() {
  if (figureTitle_) plot_->plotLayout()->remove(figureTitle_);
  figureTitle_ = nullptr;
  plot_->plotLayout()->simplify();
  QStringList texts{shownName(style_.title), shownName(caption_)};
  texts.removeAll(QString());
  if (texts.isEmpty()) return;
  QFont font = withSize(this->font(), style_.fontSize + 1);
  font.setBold(true);
  figureTitle_ = new FigureTitle(plot_, texts.join(" · "), font);
  figureTitle_->setTextColor(plotColours(style_.theme).text);
  plot_->plotLayout()->insertRow(0);
  plot_->plotLayout()->addElement(0, 0, figureTitle_);
}

void PlotPanel::styleAxes() {
  const PlotColours& colours = plotColours(style_.theme);
  const QFont font = withSize(this->font(), style_.fontSize);
  plot_->setBackground(colours.background);
  for (QCPAxisRect* rect : plot_->axisRects())
    for (QCPAxis* axis : rect->axes()) styleAxis(*axis, colours, font);
  if (scale_) styleAxis(*scale_->axis(), colours, font);
  plot_->legend->setFont(font);
  plot_->legend->setTextColor(colours.text);
  QColor veil = colours.background;
  veil.setAlpha(200);
  plot_->legend->setBrush(veil);
  plot_->legend->setBorderPen(Qt::NoPen);
}

void PlotPanel::refresh() {
  stale_ = true;
  if (isVisible()) bringUpToDate();
}

void PlotPanel::bringUpToDate() {
  stale_ = false;
  replotInTurn(*plot_);
  grow();
  updateHint();
}

void PlotPanel::startAgain() {
  restart();
  refresh();
}

void PlotPanel::updateHint() {
  const QString text = hint();
  hint_->setText(text);
  hint_->setVisible(!text.isEmpty());
}

bool PlotPanel::event(QEvent* event) {
  const bool handled = QWidget::event(event);
  if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) {
    setStyle(screenStyle());
    replotInTurn(*plot_);
  }
  return handled;
}

void PlotPanel::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  setStyle(screenStyle());
  if (stale_) refresh();
}

void PlotPanel::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  hint_->setGeometry(plot_->rect());
}

}  // namespace eq::widgets
