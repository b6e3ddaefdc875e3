#include "widgets/session/run_names.h"

#include <algorithm>
#include <functional>
#include <map>

#include <QDateTime>
#include <QObject>

#include "widgets/session/experiment_fields.h"
#include "widgets/style/plain_text.h"

namespace eq::widgets {
namespace {

QString beganText(const run::RunInfo& info) {
  return QDateTime::fromSecsSinceEpoch(static_cast<qint64>(info.created))
      .toString("yyyy-MM-dd HH:mm:ss");
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

/// Of runs of one experiment only what tells them apart.
void dropCommon(QStringList& names, const QString& start) {
  const bool all = std::all_of(names.begin(), names.end(),
                               [&](const QString& name) { return name.startsWith(start); });
  if (all)
    for (auto& name : names) name = name.mid(start.size());
}

}  // namespace

QString plainName(const NamedRun& run) {
  const auto named = run.experiment.find("name");
  const auto own = named != run.experiment.end() && named->is_string() ? named->get<std::string>()
                                                                       : std::string();
  for (const auto& name : {run.info.shown(), own, run.info.folder.filename().string()})
    if (!name.empty()) return shownName(name);
  return QObject::tr("this run");
}

QStringList distinctNames(const std::vector<NamedRun>& runs) {
  if (runs.empty()) return {};
  QStringList names;
  for (const NamedRun& run : runs) names << plainName(run);
  const auto at = [&runs](int i) -> const NamedRun& { return runs[static_cast<std::size_t>(i)]; };
  tellApart(names, [&](const std::vector<int>& places) {
    std::vector<nlohmann::json> fields;
    for (const int i : places) fields.push_back(ExperimentFields::fieldsOf(at(i).experiment));
    return ExperimentFields(std::move(fields)).telling();
  });
  dropCommon(names, plainName(runs.front()) + ", ");
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
