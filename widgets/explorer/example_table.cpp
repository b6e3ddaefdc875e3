#include "widgets/explorer/example_table.h"

#include <algorithm>
#include <cmath>

#include <QImage>

namespace eq::widgets {
namespace {

constexpr int kPicture = 48;  // pixels, the longer side at least

QPixmap toPixmap(const train::ExamplePicture& picture) {
  if (picture.width == 0) return {};
  QImage image(static_cast<int>(picture.width), static_cast<int>(picture.height),
               QImage::Format_Grayscale8);
  for (int y = 0; y < image.height(); ++y)
    for (int x = 0; x < image.width(); ++x) {
      const auto place = static_cast<size_t>(y * image.width() + x);
      image.scanLine(y)[x] =
          static_cast<uchar>(std::lround(255 * std::clamp(picture.values[place], 0.0F, 1.0F)));
    }
  return QPixmap::fromImage(image.scaled(kPicture, kPicture, Qt::KeepAspectRatio));
}

}  // namespace

void ExampleTable::setView(const train::ExampleView& view, const QString& axis,
                           const QString& first, const QString& second) {
  beginResetModel();
  view_ = view;
  axis_ = axis;
  first_ = first;
  second_ = second;
  rows_.clear();
  const auto count = view.positions.size();
  const bool complete =
      view.pulls.size() == 2 && view.pulls[0].size() == count && view.pulls[1].size() == count;
  for (size_t i = 0; complete && i < count; ++i)
    if (!std::isnan(view.positions[i])) rows_.push_back(i);
  endResetModel();
}

void ExampleTable::addPictures(const std::vector<train::ExamplePicture>& pictures) {
  for (const auto& picture : pictures) pictures_[picture.index] = toPixmap(picture);
  if (!rows_.empty())
    emit dataChanged(index(0, kExample), index(rowCount() - 1, kExample), {Qt::DecorationRole});
}

void ExampleTable::forgetPictures() {
  pictures_.clear();
}

int ExampleTable::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

int ExampleTable::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : kColumns;
}

double ExampleTable::number(std::size_t row, int column) const {
  const auto example = rows_[row];
  switch (column) {
    case kExample:
      return static_cast<double>(example);
    case kPosition:
      return view_.positions[example];
    case kFirst:
      return view_.pulls[0][example];
    case kSecond:
      return view_.pulls[1][example];
    default:
      return view_.pulls[1][example] / view_.pulls[0][example];
  }
}

QVariant ExampleTable::data(const QModelIndex& index, int role) const {
  if (!index.isValid()) return {};
  const double value = number(static_cast<size_t>(index.row()), index.column());
  if (role == Qt::UserRole) return value;
  if (role == Qt::DisplayRole)
    return index.column() == kExample ? QString::number(value, 'f', 0)
                                      : QString::number(value, 'g', 4);
  if (role == Qt::TextAlignmentRole) return QVariant(Qt::AlignRight | Qt::AlignVCenter);
  if (role == Qt::DecorationRole && index.column() == kExample) {
    const auto found = pictures_.find(static_cast<std::int64_t>(value));
    if (found != pictures_.end()) return found->second;
  }
  return {};
}

QVariant ExampleTable::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal || role != Qt::DisplayRole) return {};
  switch (section) {
    case kExample:
      return tr("Example");
    case kPosition:
      return axis_;
    case kFirst:
      return first_;
    case kSecond:
      return second_;
    default:
      return tr("Second / first");
  }
}

}  // namespace eq::widgets
