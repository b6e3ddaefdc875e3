#include "widgets/experiment/table_reading_bar.h"

#include <algorithm>

#include <QCheckBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QRegularExpression>
#include <QVBoxLayout>

#include "widgets/style/choice_box.h"
#include "widgets/style/field_problem.h"
#include "widgets/style/plain_text.h"

namespace eq::widgets {

TableReadingBar::TableReadingBar(QWidget* parent)
    : QWidget(parent),
      marks_(new QHBoxLayout),
      header_(new QCheckBox(tr("The &first line names the columns"))),
      missing_(new QLineEdit) {
  auto* row = new QHBoxLayout;
  const std::pair<QString, const char*> automatic{tr("Found out"), "auto"};
  const std::pair<QString, const char*> comma{tr("comma"), "comma"}, point{tr("point"), "point"};
  addChoice(tr("&Separator"), "delimiter",
            {automatic,
             comma,
             {tr("semicolon"), "semicolon"},
             {tr("tab"), "tab"},
             {tr("bar |"), "pipe"},
             {tr("blanks"), "blanks"}});
  addChoice(tr("&Decimal mark"), "decimal", {automatic, point, comma});
  addChoice(tr("T&housands"), "thousands",
            {automatic,
             {tr("none"), "none"},
             comma,
             point,
             {tr("blank"), "space"},
             {tr("apostrophe"), "apostrophe"}});
  marks_->addStretch(1);
  auto* label = new QLabel(tr("Also &missing"));
  label->setBuddy(missing_);
  missing_->setPlaceholderText(tr("-999, unknown"));
  missing_->setAccessibleName(tr("Also missing"));
  missing_->setToolTip(plainToolTip(
      tr("Texts that stand for no value, with commas between them. Empty cells and the usual "
         "spellings (NA, N/A, NaN, null, ? ...) always do.")));
  header_->setChecked(true);
  row->addWidget(header_);
  row->addSpacing(16);
  row->addWidget(label);
  row->addWidget(missing_, 1);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addLayout(marks_);
  layout->addLayout(row);
  connect(header_, &QCheckBox::clicked, this, &TableReadingBar::edited);
  connect(missing_, &QLineEdit::textEdited, this, &TableReadingBar::edited);
}

ChoiceBox* TableReadingBar::addChoice(const QString& text, const char* key,
                                      const std::vector<std::pair<QString, const char*>>& choices) {
  auto* box = new ChoiceBox;
  for (const auto& [title, value] : choices) box->addItem(title, QString(value));
  box->setSizeAdjustPolicy(QComboBox::AdjustToContents);
  box->setObjectName(key);
  auto* label = new QLabel(text);
  label->setBuddy(box);
  box->setAccessibleName(QString(text).remove('&'));
  marks_->addWidget(label);
  marks_->addWidget(box);
  connect(box, &QComboBox::activated, this, &TableReadingBar::edited);
  boxes_.emplace_back(key, box);
  return box;
}

void TableReadingBar::setKeys(const nlohmann::json& keys) {
  for (const auto& [key, box] : boxes_)
    box->setCurrentIndex(box->findData(QString::fromStdString(keys.value(key, "auto"))));
  header_->setChecked(keys.value("header", true));
  const auto missing = keys.value("missing", nlohmann::json("auto"));
  QStringList texts;
  for (const auto& text : missing.is_array() ? missing : nlohmann::json::array({missing}))
    texts << QString::fromStdString(text.get<std::string>());
  usualMissing_ = texts.removeAll("auto") > 0;
  missing_->setText(texts.join(", "));
}

nlohmann::json TableReadingBar::keys() const {
  auto keys = nlohmann::json::object();
  for (const auto& [key, box] : boxes_)
    if (const auto value = box->currentData().toString().toStdString(); value != "auto")
      keys[key] = value;
  if (!header_->isChecked()) keys["header"] = false;
  auto missing = nlohmann::json::array();
  if (usualMissing_) missing.push_back("auto");
  static const QRegularExpression between("[,;]");
  for (const auto& text : missing_->text().split(between, Qt::SkipEmptyParts))
    if (const auto value = text.trimmed().toStdString();
        !value.empty() && std::find(missing.begin(), missing.end(), value) == missing.end())
      missing.push_back(value);
  if (missing.size() > 1 || !usualMissing_) keys["missing"] = missing;
  return keys;
}

void TableReadingBar::showFound(const data::TableGuesses& guesses) {
  const auto found = [&](const std::string& key) -> std::string {
    if (key == "delimiter") return guesses.separator;
    if (key == "decimal") return guesses.decimal;
    for (const auto& column : guesses.columns)
      if (column.format.thousands != 0) return data::thousandsName(column.format);
    return "none";
  };
  for (const auto& [key, box] : boxes_) {
    if (box->currentIndex() != 0) continue;
    const auto value = QString::fromStdString(found(key));
    const int known = box->findData(value);
    box->setItemText(0, tr("found: %1").arg(known > 0 ? box->itemText(known) : value));
  }
}

void TableReadingBar::showProblem(const std::string& message) {
  const auto problem = QString::fromStdString(message);
  for (const auto& [key, box] : boxes_)
    markProblem(*box, message.starts_with(std::string("data.") + key + ":") ? problem : QString());
  markProblem(*missing_, message.starts_with("data.missing") ? problem : QString());
}

}  // namespace eq::widgets
