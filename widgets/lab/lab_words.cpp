#include "widgets/lab/lab_words.h"

#include <algorithm>
#include <numeric>

#include <QCollator>

#include "widgets/style/plain_text.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {

QString percentText(double share) {
  return QStringLiteral("%1 %").arg(fixedText(100 * share, 1));
}

QString shareText(const std::optional<double>& share) {
  return share ? percentText(*share) : QString("–");
}

QStringList expertNames(const run::LabFacts& facts) {
  QStringList names;
  for (const auto& expert : facts.experts) names << shownName(expert.name);
  return names;
}

std::vector<std::size_t> tensorOrder(const run::LabFacts& facts) {
  QCollator byNumbers;
  byNumbers.setNumericMode(true);
  std::vector<std::size_t> order(facts.vectors.size() - 1);
  std::iota(order.begin(), order.end(), std::size_t{1});
  std::ranges::stable_sort(order, [&](std::size_t one, std::size_t other) {
    return byNumbers.compare(QString::fromStdString(facts.vectors[one].name),
                             QString::fromStdString(facts.vectors[other].name)) < 0;
  });
  return order;
}

QString tensorName(const std::string& name) {
  const auto shown = shownName(name);
  const QString beginning("trunk.");
  return shown.startsWith(beginning) ? shown.mid(beginning.size()) : shown;
}

}  // namespace eq::widgets
