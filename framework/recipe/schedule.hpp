// Whether the schedule fits the training. Used when a recipe is read, and again when it is known whether its data has what the
// metric is computed from.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include <aviary/scheduler.hpp>

#include "recipe/recipe.hpp"

namespace aviary::recipe {

/// For a training whose metric is computed.
SchedulerContext scheduler_context(const Training& training);

/// What the schedule itself finds. Throws Error in the plugin's name when it cannot be made.
std::vector<Misfit> misfits(const ComponentRecipe& scheduler, const SchedulerContext& context);

/// At the place where the setting was written, or else the table around it. `table` is the resolved [scheduler].
Complaint complaint_of(const Misfit& misfit, const Node& table);

/// Throws RecipeError when the schedule does not fit.
void check_schedule(const Recipe& recipe, const SchedulerContext& context);

/// The rate at each epoch's first step, where an epoch is one step, and the metric after epoch i is `metric(i)`. Throws Error
/// in the plugin's name.
std::vector<double> rates(const Recipe& recipe, const std::function<double(std::int64_t)>& metric);

/// The same where the metric never becomes better after the first epoch.
std::vector<double> rates_without_progress(const Recipe& recipe);

/// Where the setting "schedules[1].gamma" was written, or else the innermost table around it that was.
Place place_at(const Node& table, std::string_view key);

/// That setting of a component's table, or the innermost part of it that there is.
Node& node_at(Node& table, std::string_view key);

}  // namespace aviary::recipe
