#include "widgets/experiment/table_columns_model.h"

#include <algorithm>
#include <map>

#include <QApplication>
#include <QStyle>

#include "widgets/style/plain_text.h"
#include "widgets/style/theme.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

constexpr int kLongestColumnName = 40;

/// The kinds that can be chosen, as data.columns calls them; the first stands for none.
const std::vector<std::string>& givenKinds() {
  static const std::vector<std::string> kinds{"", "number", "category", "date", "date_parts"};
  return kinds;
}

QString kindText(const std::string& kind) {
  if (kind == "date") return TableColumnsModel::tr("date");
  if (kind == "date_parts") return TableColumnsModel::tr("year, month, weekday");
  return QString::fromStdString(kind);
}

/// Asked for at every drawing.
const std::vector<std::string>& fieldsOf(ColumnUse use) {
  static std::map<ColumnUse, std::vector<std::string>> known;
  const auto [found, isNew] = known.try_emplace(use);
  if (isNew) found->second = columnFieldsFor(use);
  return found->second;
}

QString countOf(std::size_t count) {
  return countText(static_cast<std::int64_t>(count));
}

}  // namespace

TableColumnsModel::TableColumnsModel(TableDraft& draft, QObject* parent)
    : QAbstractTableModel(parent), draft_(draft) {}

void TableColumnsModel::setGuesses(const data::TableGuesses& guesses) {
  const bool same =
      guesses_ &&
      std::equal(guesses.columns.begin(), guesses.columns.end(), names_.begin(), names_.end(),
                 [](const auto& column, const std::string& name) { return column.name == name; });
  if (!same) beginResetModel();
  guesses_ = &guesses;
  names_.clear();
  for (const auto& column : guesses.columns) names_.push_back(column.name);
  same ? refresh() : endResetModel();
}

void TableColumnsModel::setNotes(std::map<std::string, std::vector<TableNote>> notes) {
  notes_ = std::move(notes);
  refresh();
}

const std::vector<TableNote>& TableColumnsModel::notes(int row) const {
  static const std::vector<TableNote> none;
  const auto found = notes_.find(guess(row).name);
  return found == notes_.end() ? none : found->second;
}

void TableColumnsModel::refresh() {
  if (rowCount() > 0) emit dataChanged(index(0, 0), index(rowCount() - 1, kColumns - 1));
}

int TableColumnsModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() || !guesses_ ? 0 : static_cast<int>(names_.size());
}

int TableColumnsModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : kColumns;
}

std::vector<TableColumnsModel::UseEntry> TableColumnsModel::uses(int row) const {
  const auto now = choice(row);
  const auto with = [&](ColumnUse use) {
    ColumnChoice choice = now;
    choice.use = use;
    choice.field = choice.target = {};
    return choice;
  };
  std::vector<UseEntry> entries{{tr("Input"), with(ColumnUse::input)},
                                {tr("Predict as class"), with(ColumnUse::asClass)},
                                {tr("Predict as number"), with(ColumnUse::asNumber)},
                                {tr("Predict as rank"), with(ColumnUse::asOrdinal)},
                                {tr("Predict as yes/no"), with(ColumnUse::asBinary)},
                                {tr("Left out"), with(ColumnUse::leftOut)}};
  const auto add = [&](const std::string& field, const std::string& target) {
    auto choice = with(ColumnUse::field);
    choice.field = field;
    choice.target = target;
    entries.push_back(
        {tr("%1 of %2").arg(QString::fromStdString(field), shownName(target)), std::move(choice)});
  };
  for (int other = 0; other < rowCount(); ++other)
    if (other != row && isPredicted(choice(other).use))
      for (const auto& field : fieldsOf(choice(other).use)) add(field, guess(other).name);
  const bool there = std::any_of(entries.begin(), entries.end(),
                                 [&](const auto& entry) { return entry.choice == now; });
  if (!there) add(now.field, now.target);  // of what is not predicted any more
  return entries;
}

/// The first is what was found; a column that is an input although it looks like none has the kind
/// that its use needs there.
QStringList TableColumnsModel::kinds(int row) const {
  QStringList texts;
  for (const auto& kind : givenKinds())
    texts << (kind == "date" ? tr("date, in days") : kindText(kind));
  const bool given = !choice(row).kind.empty();
  texts[0] =
      given ? tr("as found") : kindText(draft_.kind(*guesses_, static_cast<std::size_t>(row)));
  return texts;
}

QStringList TableColumnsModel::choices(const QModelIndex& index) const {
  if (index.column() == kKind) return kinds(index.row());
  QStringList texts;
  if (index.column() == kUse)
    for (const auto& entry : uses(index.row())) texts << entry.text;
  return texts;
}

int TableColumnsModel::current(const QModelIndex& index) const {
  const auto now = choice(index.row());
  if (index.column() == kKind) {
    const auto& kinds = givenKinds();
    return static_cast<int>(std::find(kinds.begin(), kinds.end(), now.kind) - kinds.begin());
  }
  const auto entries = uses(index.row());
  return static_cast<int>(std::find_if(entries.begin(), entries.end(),
                                       [&](const auto& entry) { return entry.choice == now; }) -
                          entries.begin());
}

QString TableColumnsModel::found(int row) const {
  const auto& column = guess(row);
  if (column.kind == data::ColumnKind::empty) return tr("nothing");
  QString what = tr("texts");
  if (column.kind == data::ColumnKind::number) what = tr("numbers");
  if (column.kind == data::ColumnKind::date || column.kind == data::ColumnKind::dateParts)
    what = tr("dates");
  if (column.kind == data::ColumnKind::rowNumber) what = tr("row numbers");
  if (column.kind == data::ColumnKind::identifier) what = tr("identifiers");
  const auto text = tr("%1 %2").arg(countOf(column.speakFor), what);
  return column.speakAgainst == 0 ? text
                                  : tr("%1, %2 others").arg(text, countOf(column.speakAgainst));
}

QString TableColumnsModel::text(const QModelIndex& index) const {
  const int row = index.row();
  switch (index.column()) {
    case kName:
      return shortName(shownName(guess(row).name), kLongestColumnName);
    case kUse:
    case kKind:
      return choices(index).value(current(index));
    case kFound:
      return found(row);
    case kMissing:
      return countOf(guess(row).missing);
    case kDifferent:
      return countOf(guess(row).distinct);
    case kExamples: {
      QStringList texts;
      for (const auto& example : guess(row).examples) texts << shownName(example);
      return texts.join(", ");
    }
    default: {
      const auto& all = notes(row);
      const auto wrong =
          std::find_if(all.begin(), all.end(), [](auto& note) { return note.wrong; });
      return wrong != all.end() ? wrong->text : all.empty() ? QString() : all.front().text;
    }
  }
}

QVariant TableColumnsModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid() || !guesses_) return {};
  const bool counts = index.column() == kMissing || index.column() == kDifferent;
  switch (role) {
    case Qt::DisplayRole:
      return text(index);
    case Qt::EditRole:
      return current(index);
    case ChoicesRole:
      return choices(index);
    case Qt::ToolTipRole: {
      QStringList lines{index.column() == kName ? shownName(guess(index.row()).name) : text(index)};
      if (index.column() == kNote) {
        lines.clear();
        for (const auto& note : notes(index.row())) lines << note.text;
      }
      return plainToolTip(lines.join("\n"));
    }
    case Qt::TextAlignmentRole:
      return QVariant::fromValue(Qt::Alignment(counts ? Qt::AlignRight | Qt::AlignVCenter
                                                      : Qt::AlignLeft | Qt::AlignVCenter));
    case WrongRole:
      return isWrong(index);
    case Qt::ForegroundRole:
      return isWrong(index) ? plotColours(themeOf(qApp->palette())).alarm : QVariant();
    case Qt::DecorationRole:
      return isWrong(index) ? qApp->style()->standardIcon(QStyle::SP_MessageBoxWarning)
                            : QVariant();
    default:
      return {};
  }
}

bool TableColumnsModel::isWrong(const QModelIndex& index) const {
  const auto& all = notes(index.row());
  return index.column() == kNote &&
         std::any_of(all.begin(), all.end(), [](const auto& note) { return note.wrong; });
}

bool TableColumnsModel::setData(const QModelIndex& index, const QVariant& value, int role) {
  if (role != Qt::EditRole || !guesses_ || value.toInt() == current(index)) return false;
  const auto row = static_cast<std::size_t>(value.toInt());
  auto now = choice(index.row());
  if (index.column() == kUse)
    now = uses(index.row()).at(row).choice;
  else
    now.kind = givenKinds().at(row);
  draft_.choose(guess(index.row()).name, now);
  refresh();
  emit chosen();
  return true;
}

Qt::ItemFlags TableColumnsModel::flags(const QModelIndex& index) const {
  const bool chosen = index.column() == kUse || index.column() == kKind;
  return QAbstractTableModel::flags(index) | (chosen ? Qt::ItemIsEditable : Qt::NoItemFlags);
}

QVariant TableColumnsModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (role != Qt::DisplayRole || orientation != Qt::Horizontal) return {};
  static const char* const kTitles[]{
      QT_TR_NOOP("Column"), QT_TR_NOOP("Use"),       QT_TR_NOOP("Kind"),     QT_TR_NOOP("Missing"),
      QT_TR_NOOP("Found"),  QT_TR_NOOP("Different"), QT_TR_NOOP("Examples"), QT_TR_NOOP("Note")};
  return tr(kTitles[section]);
}

}  // namespace eq::widgets
