#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include <QStringList>

#include "core/run/lab/lab_answers.h"

namespace eq::widgets {

/// "37.5 %".
QString percentText(double share);
/// The same; a dash without one.
QString shareText(const std::optional<double>& share);

QStringList expertNames(const run::LabFacts& facts);

/// Indices of LabFacts::vectors that are of one tensor, in the order of their names as people
/// count: conv-2 before conv-10.
std::vector<std::size_t> tensorOrder(const run::LabFacts& facts);
/// Without the beginning that all of a trunk have.
QString tensorName(const std::string& name);

}  // namespace eq::widgets
