#include "app/script_question.h"

#include <QCheckBox>
#include <QCoreApplication>
#include <QLocale>
#include <QMessageBox>
#include <QPushButton>

#include "widgets/style/plain_text.h"
#include "widgets/style/typed_number.h"

namespace eq::app {
namespace {

QString tr(const char* text) {
  return QCoreApplication::translate("ScriptQuestion", text);
}

/// So that a long path breaks after its folders.
QString breakable(const std::filesystem::path& path) {
  return widgets::shownName(path.string()).toHtmlEscaped().replace("/", QStringLiteral("/&#8203;"));
}

QString described(const script::ScriptFile& file) {
  const auto digits = QString::fromStdString(file.sha256);
  return QString("<p><b>%1</b><br>%2<br>%3<br><tt>%4<br>%5</tt></p>")
      .arg(breakable(file.path),
           tr("%1 (%2 bytes)")
               .arg(QLocale().formattedDataSize(static_cast<qint64>(file.size)),
                    widgets::countText(static_cast<qint64>(file.size))),
           tr("SHA-256 of the content:"), digits.left(32), digits.mid(32));
}

QString explanation(const std::vector<script::ScriptFile>& files) {
  auto text =
      tr("<p>It can do all that you may do: read, change and delete your files, start "
         "programs, use the network. Nothing of it has run yet. Trust it only if you know "
         "where it comes from.</p>");
  for (const auto& file : files) text += described(file);
  return text;
}

}  // namespace

void askToTrust(QWidget* parent, const std::vector<script::ScriptFile>& files,
                const std::function<void(bool always)>& trusted,
                const std::function<void()>& refused) {
  auto* question =
      new QMessageBox(QMessageBox::Warning, tr("Trust a TorchScript file?"),
                      tr("<b>A TorchScript file is a program.</b>"), QMessageBox::Cancel, parent);
  question->setObjectName("scriptQuestion");
  question->setAttribute(Qt::WA_DeleteOnClose);
  question->setInformativeText(explanation(files));
  auto* always = new QCheckBox(tr("Do not ask again about exactly this content"), question);
  question->setCheckBox(always);
  auto* yes = question->addButton(tr("Trust it"), QMessageBox::AcceptRole);
  question->setDefaultButton(QMessageBox::Cancel);
  QObject::connect(question, &QMessageBox::finished, parent,
                   [question, always, yes, trusted, refused] {
                     if (question->clickedButton() == yes)
                       trusted(always->isChecked());
                     else if (refused)
                       refused();
                   });
  question->open();
}

}  // namespace eq::app
