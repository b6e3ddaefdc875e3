#include "app/folder_trouble.h"

#include <QFileDialog>
#include <QMessageBox>
#include <QPushButton>

#include "widgets/session/session.h"
#include "widgets/style/plain_text.h"

namespace eq::app {

using namespace widgets;

FolderTrouble::FolderTrouble(QWidget& window, Session& session)
    : QObject(&window), window_(window), session_(session) {
  connect(&session, &Session::stuck, this, &FolderTrouble::ask);
  connect(&session, &Session::stateChanged, this, [this](SessionState state) {
    if (state != SessionState::stuck) closeQuestion();
  });
}

/// Not by close(), which a message box without a way to cancel refuses.
void FolderTrouble::closeQuestion() {
  if (question_) question_->done(0);
}

void FolderTrouble::ask(const QString& problem) {
  closeQuestion();
  question_ = new QMessageBox(QMessageBox::Warning, tr("The run cannot be written"),
                              tr("Training waits, because its folder cannot be written:"),
                              QMessageBox::NoButton, &window_);
  question_->setAttribute(Qt::WA_DeleteOnClose);
  question_->setTextFormat(Qt::PlainText);
  question_->setInformativeText(
      shownText(problem) + "\n\n" +
      tr("Nothing is lost yet: what was not written stands in memory. Put the folder back or make "
         "room and try again, or go on in another folder, with a copy of the whole record."));
  auto* again = question_->addButton(tr("Try again"), QMessageBox::AcceptRole);
  auto* other = question_->addButton(tr("Go on in another folder…"), QMessageBox::ActionRole);
  auto* stop = question_->addButton(tr("Stop without it"), QMessageBox::DestructiveRole);
  question_->setDefaultButton(again);
  connect(again, &QAbstractButton::clicked, &session_, &Session::retry);
  connect(other, &QAbstractButton::clicked, this, [this, problem] { chooseFolder(problem); });
  connect(stop, &QAbstractButton::clicked, &session_, &Session::stop);
  question_->open();
}

void FolderTrouble::chooseFolder(const QString& problem) {
  auto* dialog = new QFileDialog(&window_, tr("Folder in which the run goes on"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setFileMode(QFileDialog::Directory);
  connect(dialog, &QFileDialog::fileSelected, &session_,
          [this](const QString& folder) { session_.moveTo(folder.toStdString()); });
  connect(dialog, &QDialog::rejected, this, [this, problem] {
    if (session_.state() == SessionState::stuck) ask(problem);
  });
  dialog->open();
}

}  // namespace eq::app
