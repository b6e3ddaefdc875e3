#pragma once

#include <optional>
#include <vector>

#include <QString>

#include "core/balance/answers.h"
#include "widgets/session/run_data.h"

namespace eq::widgets {

/// A place in the space of two or three gradients, whose axes are those of coordinatesOf().
struct Place3 {
  double x = 0, y = 0, z = 0;
};

/// The gradients of two or three tasks as vectors in the plane or the space that they span, and
/// what the methods of the catalog make of them. Where they come from is for the caller to say.
class GeometryScene {
 public:
  struct Update {
    std::size_t method = 0;  ///< in methods()
    Place3 tip;              ///< d = Jᵀ w
  };

  /// \param losses one a task. \pre 2 or 3 tasks.
  void set(const Eigen::MatrixXd& gramian, std::vector<double> losses);
  /// Another gradient of one task.
  void move(std::size_t task, const Place3& tip);

  std::size_t taskCount() const { return tips_.size(); }
  const std::vector<Place3>& tips() const { return tips_; }
  /// All of the catalog, those that cannot be asked too.
  const std::vector<balance::Answerer>& methods() const { return methods_; }
  /// What a method makes of the gradients; none where it refuses them, which `problem` then says.
  std::optional<Place3> update(std::size_t method, QString* problem = nullptr) const;
  /// Σ_k w_k g_k.
  Place3 combined(const std::vector<double>& weights) const;

 private:
  Eigen::MatrixXd gramian() const;

  std::vector<Place3> tips_;
  std::vector<double> losses_;
  std::vector<balance::Answerer> methods_;
};

double lengthOf(const Place3& place);
Place3 scaled(const Place3& place, double factor);

}  // namespace eq::widgets
