// Trainings that begin alike need to begin only once: which epochs several of them have in common, and which training forks
// from which. Pure functions, for any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "recipe/recipe.hpp"

namespace aviary::search {

/// What a training does, for comparison.
struct Course {
  std::string rest;                 ///< all but what its epochs train on
  std::vector<std::string> epochs;  ///< what each trains on
};

Course course_of(const recipe::Recipe& recipe);

/// A training, or a beginning that several have in common.
struct Part {
  std::size_t course = 0;            ///< for a beginning: one of those that have it
  std::optional<std::size_t> after;  ///< the number of the beginning that it goes on from
  std::optional<std::int64_t> end;   ///< of a beginning: the epochs that are complete then; none: a whole training
};

/// All courses, with their common beginnings, each beginning before what goes on from it. Every epoch that several courses have
/// in common from the start on is in one part alone.
std::vector<Part> share_beginnings(const std::vector<Course>& courses);

}  // namespace aviary::search
