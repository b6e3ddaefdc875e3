#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include <QElapsedTimer>
#include <QLabel>

class QTimer;

namespace eq::widgets {

/// Measures how far apart frames are: the GUI thread is asked for one every kBeat ms, and whatever
/// keeps it busy (taking in records, layout, drawing) makes the next one late. A label over the
/// corner of a window shows the 50th and 99th percentile of the last kFrames.
class FrameMeter : public QLabel {
  Q_OBJECT

 public:
  static constexpr std::size_t kFrames = 600;
  static constexpr int kBeat = 16;  ///< ms

  /// Lies over the upper right corner of `window`; hidden and idle until setRunning(true).
  explicit FrameMeter(QWidget* window);

  void setRunning(bool running);
  bool isRunning() const;
  /// Milliseconds that the share `percentile` (0 to 1) of the frames kept; 0 without frames.
  double percentile(double share) const;
  std::size_t frameCount() const { return count_; }
  void clear();
  /// Adds a frame's time in milliseconds; the meter does it by itself while it runs.
  void add(double milliseconds);

 protected:
  bool eventFilter(QObject* object, QEvent* event) override;

 private:
  void beat();
  void showTimes();
  void place();

  std::array<double, kFrames> frames_{};  // a ring
  std::size_t count_ = 0;                 // of all frames
  QElapsedTimer since_;                   // the last frame
  QTimer* beat_;
  QTimer* display_;
};

}  // namespace eq::widgets
