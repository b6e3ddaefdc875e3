#pragma once

#include <vector>

#include <QString>

#include "widgets/session/run_data.h"

namespace eq::widgets {

/// How the tasks of a plot share its axes.
enum class Arrangement {
  automatic,  ///< each task where their scales are unlike, else together
  together,   ///< one y axis
  eachTask,   ///< a y axis a task
  relative    ///< one y axis, each task's values divided by its first
};

/// Tasks of which the largest typical value is so many times the smallest are unlike.
constexpr double kUnlike = 5;
/// More tasks than this are never given axes of their own unasked.
constexpr std::size_t kMostPanes = 12;

/// The median of the finite sizes |value|, of some hundred rows from first to last; 0 without any.
double typicalSize(const Column& values);
/// Whether values of these typical sizes hide each other on one axis; sizes of 0 do not count.
bool areUnlike(const std::vector<double>& sizes);
/// What a task's values are divided by: the size of the first that is finite and not 0; else 1.
double firstSize(const Column& values);

/// The user's choice for the plot of this title; automatic without one.
Arrangement savedArrangement(const QString& title);
void saveArrangement(const QString& title, Arrangement arrangement);

}  // namespace eq::widgets
