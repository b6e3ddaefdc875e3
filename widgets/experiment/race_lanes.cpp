#include "widgets/experiment/race_lanes.h"

#include <algorithm>
#include <utility>

#include <QHBoxLayout>
#include <QLabel>
#include <QPointer>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

#include "widgets/method_editor.h"
#include "widgets/parameter_form.h"

namespace eq::widgets {
namespace {

using nlohmann::json;

constexpr size_t kFewest = 2, kMost = 8;

train::MethodSpec methodFrom(const json& value) {
  if (value.is_null()) return {};
  train::MethodSpec method{value.at("id")};
  method.params = value;
  method.params.erase("id");
  return method;
}

}  // namespace

VariantEditor::VariantEditor(const RaceSubject& subject, const QString& name, QWidget* parent)
    : QFrame(parent), title_(new QLabel(this)), remove_(new QToolButton(this)) {
  setFrameShape(QFrame::StyledPanel);
  auto font = title_->font();
  font.setBold(true);
  title_->setFont(font);
  remove_->setText("×");
  remove_->setAutoRaise(true);
  remove_->setToolTip(tr("Take this lane out"));
  connect(remove_, &QToolButton::clicked, this, &VariantEditor::removeRequested);
  auto* head = new QHBoxLayout;
  head->addWidget(title_, 1);
  head->addWidget(remove_);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(8, 4, 8, 6);
  layout->setSpacing(4);
  layout->addLayout(head);
  if (subject.field) {
    field_ = new ParameterField(*subject.field, this);
    layout->addWidget(field_);
    connect(field_, &ParameterField::edited, this, &VariantEditor::edited);
  } else {
    method_ = new MethodEditor(name, subject.methods, subject.none, this);
    method_->setRules(subject.rules);
    method_->setMethod(subject.inForce);
    layout->addWidget(method_);
    connect(method_, &MethodEditor::edited, this, &VariantEditor::edited);
    connect(method_, &MethodEditor::problemChanged, this, &VariantEditor::edited);
  }
  setRemovable(false);
  setName(name);
}

void VariantEditor::setName(const QString& name) {
  title_->setText(name);
  remove_->setAccessibleName(tr("Take out %1").arg(name));
  if (method_) method_->setName(name);
  if (field_) field_->setAccessibleName(name);
}

void VariantEditor::setValue(const json& value) {
  if (field_) return field_->setValue(value);
  method_->offer(methodFrom(value));
}

json VariantEditor::value() const {
  if (field_) return field_->value();
  const auto method = method_->method();
  return method.id.empty() ? json() : train::toJson(method);
}

void VariantEditor::settle() {
  QList<QPointer<ParameterField>> fields;
  for (auto* field : findChildren<ParameterField*>()) fields << field;
  for (const auto& field : fields)  // what one takes may do away with others
    if (field) field->settle();
}

QString VariantEditor::problem() const {
  for (const auto* field : findChildren<ParameterField*>())
    if (!field->valid()) return tr("%1: %2").arg(title_->text(), field->problem());
  if (method_ && !method_->problem().isEmpty())
    return tr("%1: %2").arg(title_->text(), method_->problem());
  return {};
}

void VariantEditor::setRemovable(bool removable) {
  remove_->setVisible(removable);
}

RaceLanes::RaceLanes(RaceSubject subject, QWidget* parent)
    : QWidget(parent), subject_(std::move(subject)), layout_(new QVBoxLayout(this)) {
  layout_->setContentsMargins(0, 0, 0, 0);
  layout_->setSpacing(6);
  add_ = new QPushButton(tr("&Add a lane"), this);
  add_->setAutoDefault(false);
  connect(add_, &QPushButton::clicked, this, [this] {
    add(lanes_.back()->value());
    emit edited();
  });
  auto* row = new QHBoxLayout;
  row->addWidget(add_);
  row->addStretch(1);
  layout_->addLayout(row);
  layout_->addStretch(1);
  auto values = subject_.usual;
  while (values.size() < kFewest) values.push_back(values.back());
  for (const auto& value : values) add(value);
}

void RaceLanes::add(const json& value) {
  auto* lane = new VariantEditor(subject_, {}, this);
  lane->setValue(value);
  layout_->insertWidget(static_cast<int>(lanes_.size()), lane);
  lanes_.push_back(lane);
  connect(lane, &VariantEditor::edited, this, &RaceLanes::edited);
  connect(lane, &VariantEditor::removeRequested, this, [this, lane] { remove(lane); });
  number();
}

void RaceLanes::remove(VariantEditor* lane) {
  std::erase(lanes_, lane);
  discard(*lane);
  number();
  emit edited();
}

void RaceLanes::number() {
  for (size_t i = 0; i < lanes_.size(); ++i) {
    lanes_[i]->setName(tr("Lane %1").arg(i + 1));
    lanes_[i]->setRemovable(lanes_.size() > kFewest);
  }
  add_->setEnabled(lanes_.size() < kMost);
  add_->setToolTip(lanes_.size() < kMost ? QString()
                                         : tr("A race has at most %1 lanes").arg(kMost));
}

std::vector<std::vector<train::Setting>> RaceLanes::lanes() const {
  std::vector<std::vector<train::Setting>> lanes;
  for (const auto* lane : lanes_) lanes.push_back(subject_.settings(lane->value()));
  return lanes;
}

void RaceLanes::settle() {
  for (auto* lane : lanes_) lane->settle();
}

QString RaceLanes::problem() const {
  for (const auto* lane : lanes_)
    if (const auto problem = lane->problem(); !problem.isEmpty()) return problem;
  for (size_t i = 0; i < lanes_.size(); ++i)
    for (size_t k = 0; k < i; ++k)
      if (lanes_[i]->value() == lanes_[k]->value())
        return tr("Lanes %1 and %2 are the same. Change one of them.").arg(k + 1).arg(i + 1);
  return {};
}

}  // namespace eq::widgets
