#include "widgets/session/observed_track.h"

#include <algorithm>

#include "widgets/style/plain_text.h"

namespace eq::widgets {

bool ObservedTrack::takes(const train::ObservationRecord& record) const {
  return task == record.task && shape == record.shape && entries.size() == record.values.size() &&
         name == shownName(record.name) && place == shownName(record.place);
}

void append(std::deque<ObservedTrack>& tracks, const train::ObservationRecord& record,
            const XPosition& position) {
  auto found = std::find_if(tracks.begin(), tracks.end(),
                            [&](const ObservedTrack& one) { return one.takes(record); });
  if (found == tracks.end())
    found = tracks.insert(tracks.end(), {shownName(record.name),
                                         static_cast<int>(record.task),
                                         shownName(record.place),
                                         record.shape,
                                         {},
                                         std::vector<Column>(record.values.size())});
  found->x.add(position);
  for (std::size_t i = 0; i < record.values.size(); ++i)
    found->entries[i].push_back(record.values[i]);
}

}  // namespace eq::widgets
