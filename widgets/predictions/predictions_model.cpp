#include "widgets/predictions/predictions_model.h"

#include <algorithm>
#include <cmath>

#include "core/train/predictions/prediction_words.h"
#include "widgets/predictions/example_pictures.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

constexpr int kThumbnail = 56;  // pixels, the longer side at most
constexpr int kMapSide = 112;   // likewise of maps, and of inputs beside them
constexpr QSize kLineSize{180, 44};
constexpr int kDigits = 4;

bool isNumberTask(const train::PredictionPage& page) {
  return page.info.kind == TaskKind::regression && !train::isOfMaps(page.info);
}

QString numberOf(double value) {
  if (std::isnan(value)) return QStringLiteral("nan");
  if (std::isinf(value)) return value > 0 ? QStringLiteral("inf") : QStringLiteral("-inf");
  return QString::number(value, 'g', kDigits);
}

/// Columns that were normalised together are the values of one quantity: a series.
bool isOfOneScale(const std::vector<data::InputScale>& inputs) {
  return std::all_of(inputs.begin(), inputs.end(), [&](const data::InputScale& one) {
    return one.scale == inputs.front().scale && one.offset == inputs.front().offset &&
           (one.scale != 1 || one.offset != 0);
  });
}

InputLook lookOf(const train::PredictionPage& page) {
  const auto features = page.inputShape.size() == 1 ? page.inputShape[0] : 0;
  const bool named = features > 0 && page.inputs.size() == static_cast<std::size_t>(features);
  return inputLookOf(page.inputShape, named && !isOfOneScale(page.inputs));
}

}  // namespace

void PredictionsModel::show(const train::PredictionPage& page, const QPalette& palette) {
  beginResetModel();
  page_ = page;
  palette_ = palette;
  pictures_.clear();
  for (const auto& row : page_.rows) pictures_.push_back(drawn(row));
  endResetModel();
}

void PredictionsModel::clear() {
  show({}, palette_);
}

void PredictionsModel::setPalette(const QPalette& palette) {
  show(train::PredictionPage(page_), palette);
}

PredictionsModel::Pictures PredictionsModel::drawn(const train::PredictionRow& row) const {
  Pictures pictures;
  const auto& example = row.example;
  const bool maps = mapKindOf(page_.info, example.target.size()) != MapKind::none &&
                    example.output.size() == example.target.size();
  const auto look = lookOf(page_);
  if (look == InputLook::picture)
    pictures.input =
        atWholeScale(pictureOf(page_.inputShape, example.input), maps ? kMapSide : kThumbnail);
  else if (look == InputLook::series)
    pictures.input = lineOf(example.input, kLineSize, palette_);
  if (!maps) return pictures;
  const auto drawn = drawMaps(page_.info, example.target, example.output, themeOf(palette_));
  pictures.target = atWholeScale(drawn.target, kMapSide);
  pictures.prediction = atWholeScale(drawn.prediction, kMapSide);
  pictures.error = atWholeScale(drawn.error, kMapSide);
  pictures.scale = drawn.scale;
  return pictures;
}

int PredictionsModel::pictureHeight() const {
  int height = 0;
  for (const auto& one : pictures_)
    height = std::max({height, one.input.height(), one.target.height()});
  return height;
}

bool PredictionsModel::hasConfidence() const {
  return page_.decoded && hasClasses(page_.info.kind);
}

int PredictionsModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(page_.rows.size());
}

int PredictionsModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : kColumns;
}

QString PredictionsModel::judgement(const train::PredictionRow& row) const {
  if (!row.counted && !hasConfidence()) return {};
  if (const auto confidence = train::confidenceOf(page_, row))
    return std::isfinite(*confidence)
               ? QString::number(100 * *confidence, 'f', 1) + QStringLiteral(" %")
               : numberOf(*confidence);
  if (page_.info.kind == TaskKind::segmentation && row.decided > 0)
    return tr("%1 % wrong")
        .arg(QString::number(
            100.0 * static_cast<double>(row.decided - row.right) / static_cast<double>(row.decided),
            'f', 1));
  if (page_.info.kind == TaskKind::multilabel)
    return tr("%1 of %2 right").arg(row.right).arg(row.decided);
  const auto& example = row.example;
  if (isNumberTask(page_) && example.target.size() == 1 && example.output.size() == 1)
    return numberOf(example.output[0] - example.target[0]);
  return {};
}

QString PredictionsModel::text(const train::PredictionRow& row, int column) const {
  const auto shown = [](const std::string& text) { return shownName(text); };
  switch (column) {
    case kExample:
      return countText(row.example.index);
    case kInput:
      return shown(train::inputText(page_, row));
    case kTarget:
      return shown(train::targetText(page_, row));
    case kPrediction:
      return shown(train::outputText(page_, row));
    case kJudgement:
      return judgement(row);
    default:
      return row.counted ? numberOf(row.error) : QString();
  }
}

QString PredictionsModel::caption(std::size_t row, int column) const {
  if (column != kJudgement) return {};
  const auto said = judgement(page_.rows[row]);
  return said.isEmpty() ? pictures_[row].scale : said;
}

QPixmap PredictionsModel::picture(std::size_t row, int column) const {
  const auto& pictures = pictures_[row];
  switch (column) {
    case kInput:
      return pictures.input;
    case kTarget:
      return pictures.target;
    case kPrediction:
      return pictures.prediction;
    case kJudgement:
      return pictures.error;
    default:
      return {};
  }
}

QVariant PredictionsModel::number(const train::PredictionRow& row, int column) const {
  switch (column) {
    case kExample:
      return static_cast<qlonglong>(row.example.index);
    case kJudgement:
      if (const auto confidence = train::confidenceOf(page_, row)) return *confidence;
      if (isNumberTask(page_) && row.example.target.size() == 1 && !row.example.output.empty())
        return row.example.output[0] - row.example.target[0];
      return {};
    case kError:
      return row.error;
    default:
      return {};
  }
}

/// A wrong prediction, and one that is no number, in the colour of alarm; words say it too.
QVariant PredictionsModel::colour(const train::PredictionRow& row, int column) const {
  if (column != kPrediction || !row.counted) return {};
  const auto right = train::isRight(page_, row);
  if (row.finite && (!right || *right)) return {};
  return plotColours(themeOf(palette_)).alarm;
}

QString PredictionsModel::tip(std::size_t row, int column) const {
  const auto& one = page_.rows[row];
  auto text = this->text(one, column);
  if (column >= kTarget && column <= kJudgement && !pictures_[row].scale.isEmpty())
    text += '\n' + pictures_[row].scale;
  if (column == kPrediction && hasConfidence() && one.finite)
    for (std::size_t i = 0; i < std::min<std::size_t>(one.example.output.size(), 20); ++i) {
      const auto number = page_.info.kind == TaskKind::binary ? 1 : static_cast<std::int64_t>(i);
      text += '\n' + tr("%1: %2 %")
                         .arg(shownName(train::classText(page_.info, number)),
                              QString::number(100 * one.example.output[i], 'f', 2));
    }
  return text;
}

QVariant PredictionsModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid()) return {};
  const auto i = static_cast<std::size_t>(index.row());
  const auto& row = page_.rows[i];
  const bool drawn = !picture(i, index.column()).isNull();
  switch (role) {
    case Qt::DisplayRole:
      return drawn ? caption(i, index.column()) : text(row, index.column());
    case Qt::AccessibleTextRole:
      return text(row, index.column());
    case Qt::DecorationRole:
      return drawn ? QVariant::fromValue(picture(i, index.column())) : QVariant();
    case Qt::UserRole:
      return number(row, index.column());
    case Qt::ForegroundRole:
      return colour(row, index.column());
    case Qt::ToolTipRole:
      return plainToolTip(tip(i, index.column()));
    case Qt::TextAlignmentRole:
      if (number(row, index.column()).isValid()) return QVariant(Qt::AlignRight | Qt::AlignVCenter);
      return QVariant(Qt::AlignLeft | Qt::AlignVCenter);
    default:
      return {};
  }
}

QVariant PredictionsModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal || role != Qt::DisplayRole) return {};
  const auto unit = [&](const QString& name) {
    return page_.info.unit.empty() || !isNumberTask(page_)
               ? name
               : tr("%1 (%2)").arg(name, shownName(page_.info.unit));
  };
  switch (section) {
    case kExample:
      return tr("Example");
    case kInput:
      return tr("Input");
    case kTarget:
      return tr("Target");
    case kPrediction:
      return tr("Prediction");
    case kJudgement:
      return hasConfidence()       ? tr("Confidence")
             : isNumberTask(page_) ? unit(tr("Prediction − target"))
                                   : tr("Error");
    default:
      return page_.measure.empty() || page_.measure == "loss"
                 ? tr("Loss")
                 : QString::fromStdString(page_.measure);
  }
}

}  // namespace eq::widgets
