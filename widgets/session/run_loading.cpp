#include "widgets/session/run_loading.h"

#include "core/run/run_tail.h"
#include "core/run/whereabouts.h"
#include "widgets/session/run_data.h"

namespace eq::widgets {

void loadRun(RunData& data, const std::filesystem::path& folder) {
  run::RunTail tail(folder);
  loadRun(data, tail);
}

run::RunNews loadRun(RunData& data, run::RunTail& tail) {
  const auto& reader = tail.reader();
  auto news = tail.read();
  data.start(run::Whereabouts(reader).locate(reader.experiment()).experiment, reader.taskInfos());
  data.append(news.records);
  return news;
}

void addNews(RunData& data, const run::RunNews& news) {
  if (news.anew) data.start(data.experiment(), data.tasks());
  data.append(news.records);
}

}  // namespace eq::widgets
