#pragma once

#include <optional>
#include <vector>

#include "widgets/plots/pareto_trails.h"
#include "widgets/plots/plot_panel.h"

class QCPCurve;
class QCPItemText;

namespace eq::widgets {

/// What a Pareto picture consists of: the trails with their points, fronts with theirs, the
/// staircase and the area below it up to the reference, ideal, nadir, reference, knee, and a front
/// that is known.
class ParetoDrawing {
 public:
  /// \param plot outlives this.
  explicit ParetoDrawing(QCustomPlot& plot);

  /// Draws these instead of those before. \param truth corners of the known front, or empty.
  /// Of trails with a third value the points are drawn by ParetoColours.
  void draw(const std::vector<ParetoTrail>& trails, const metric::FrontAnswer& answer,
            const metric::Points& stairs, const metric::Points& truth);
  /// Beside the rest, faint: what fronts were before the one that is drawn.
  void drawEarlier(const std::vector<ParetoTrail>& fronts);
  /// Beside the rest: the median bold between the others, in the colour of its group.
  void drawSurfaces(const std::vector<AttainedSurface>& surfaces);
  /// Whether the legend has the names of the runs.
  void nameRuns(bool named);
  void clear();
  void restyle(const PlotStyle& style);

  /// A ring around a point, on a layer of its own; nothing: none.
  void setCursor(const std::optional<metric::Point>& at);
  /// Where the model of the chosen preference is, on the same layer; nothing: none.
  void setModel(const std::optional<metric::Point>& at, int colour);
  /// "hypervolume 17 to (6, 6)"; empty without a point.
  const QString& volumeText() const { return volumeText_; }

 private:
  /// One run: its way, the dominated and the other points, and where it is now; a front has its
  /// points for names, and is now where they are.
  struct Run {
    QCPCurve* way;
    QCPCurve* pale;
    QCPCurve* solid;
    QCPCurve* newest;
    int colour;
    bool front;

    QCPCurve* named() const { return front ? solid : newest; }
  };
  QCPCurve* makeCurve(const QString& name, const char* layer);
  QCPCurve* makeMark(const QString& name);
  Run makeRun(const ParetoTrail& trail, bool named);
  void drawTrail(const ParetoTrail& trail, const metric::FrontAnswer& answer, std::size_t first,
                 bool named);
  void drawMarks(const metric::FrontAnswer& answer);
  void drawVolume(const metric::FrontAnswer& answer, const metric::Points& stairs);
  void styleRun(const Run& run) const;

  QCustomPlot& plot_;
  PlotStyle style_;
  struct Surface {
    QCPCurve* line;
    int colour;
    bool bold;
  };
  std::vector<Run> runs_;
  struct Earlier {
    QCPCurve* line;
    int colour;
  };
  std::vector<Earlier> earlier_;
  std::vector<Surface> surfaces_;
  QCPCurve *area_, *stairs_, *truth_, *ideal_, *nadir_, *knee_, *reference_, *cursor_, *model_;
  int modelColour_ = 0;
  QCPItemText* volume_;
  QString volumeText_;
};

/// "(6, 6)".
QString pointText(const metric::Point& point);

}  // namespace eq::widgets
