#pragma once

#include "core/merge/question.h"

namespace eq::merge {

/// How many entries trimming keeps: n = ⌊keep·d⌋, or as the authors' code: all that are at least
/// the (d − n)-th smallest. A share of 0 keeps none.
enum class TrimCount { exact, released };

/// What becomes of the entries that agree with the elected sign.
enum class SignMerge { mean, sum, max };

/// The largest |entries| of v, the rest 0; ties go to the lower place.
Eigen::VectorXd trimmed(const Eigen::VectorXd& vector, double keep, TrimCount count);

/// The elected sign of every entry, −1 or 1: of the exact sum, or where that is 0 of the majority
/// of all entries.
Eigen::VectorXd electedSigns(const Vectors& vectors);

/// v_k where it agrees with the sign, else 0.
Eigen::VectorXd agreeing(const Eigen::VectorXd& vector, const Eigen::VectorXd& signs);

/// τ_m of TIES.
Eigen::VectorXd tiesVector(const Vectors& taus, double keep, TrimCount count, SignMerge merge);

}  // namespace eq::merge
