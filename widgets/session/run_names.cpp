#include "widgets/session/run_names.h"

#include <functional>
#include <map>

#include <QDateTime>
#include <QObject>

#include "widgets/session/experiment_fields.h"
#include "widgets/style/plain_text.h"

namespace eq::widgets {
namespace {

constexpr int kMostDifferences = 3;  // that a name tells

QString beganText(const run::RunInfo& info) {
  return QDateTime::fromSecsSinceEpoch(static_cast<qint64>(info.created))
      .toString("yyyy-MM-dd HH:mm:ss");
}

/// For runs of one name; empty where their experiments are the same.
std::vector<QStringList> differences(const std::vector<const train::Experiment*>& experiments) {
  const ExperimentFields fields(experiments);
  std::vector<QStringList> out(experiments.size());
  for (const auto& path : fields.differing())
    for (std::size_t i = 0; i < experiments.size(); ++i)
      if (out[i].size() < kMostDifferences) out[i] << fieldText(path, fields.value(i, path));
  for (auto& texts : out)  // of tasks that have all the same loss it is told once
    if (texts.count(texts.value(0)) == texts.size()) texts = texts.mid(0, 1);
  return out;
}

/// Adds to each name what `more` says of it, where another has the same.
void tellApart(QStringList& names,
               const std::function<QStringList(const std::vector<int>&)>& more) {
  std::map<QString, std::vector<int>> same;
  for (int i = 0; i < names.size(); ++i) same[names[i]].push_back(i);
  for (const auto& [name, places] : same) {
    if (places.size() < 2) continue;
    const auto texts = more(places);
    for (std::size_t i = 0; i < places.size(); ++i)
      if (const auto& text = texts[static_cast<int>(i)]; !text.isEmpty())
        names[places[i]] += ", " + text;
  }
}

}  // namespace

QString plainName(const NamedRun& run) {
  for (const auto& name :
       {run.info.shown(), run.experiment->name, run.info.folder.filename().string()})
    if (!name.empty()) return shownName(name);
  return QObject::tr("this run");
}

QStringList distinctNames(const std::vector<NamedRun>& runs) {
  QStringList names;
  for (const NamedRun& run : runs) names << plainName(run);
  const auto at = [&runs](int i) -> const NamedRun& { return runs[static_cast<std::size_t>(i)]; };
  tellApart(names, [&](const std::vector<int>& places) {
    std::vector<const train::Experiment*> experiments;
    for (const int i : places) experiments.push_back(at(i).experiment);
    QStringList out;
    for (const auto& one : differences(experiments)) out << one.join(", ");
    return out;
  });
  tellApart(names, [&](const std::vector<int>& places) {
    QStringList out;
    for (const int i : places) out << beganText(at(i).info);
    return out;
  });
  tellApart(names, [&](const std::vector<int>& places) {
    QStringList out;
    for (const int i : places) out << shownName(at(i).info.folder.string());
    return out;
  });
  return names;
}

}  // namespace eq::widgets
