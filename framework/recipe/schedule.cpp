#include "recipe/schedule.hpp"

#include <algorithm>
#include <charconv>
#include <functional>
#include <utility>

#include <fmt/format.h>

#include <aviary/optimizer.hpp>

namespace aviary::recipe {
namespace {

// Visits the nodes on the way to `key`, from the table on.
void walk(const Node& table, std::string_view key, const std::function<void(const Node&)>& visit) {
  const Node* node = &table;
  visit(*node);
  while (!key.empty()) {
    const std::string_view part = key.substr(0, key.find('.'));
    key.remove_prefix(std::min(key.size(), part.size() + 1));
    const std::size_t bracket = part.find('[');
    const Entry* const entry = node->table() == nullptr ? nullptr : node->table()->find(part.substr(0, bracket));
    if (entry == nullptr) return;
    node = &entry->node;
    if (bracket != std::string::npos) {
      std::size_t index = 0;
      std::from_chars(part.data() + bracket + 1, part.data() + part.size(), index);
      if (node->list() == nullptr || index >= node->list()->size()) return;
      node = &(*node->list())[index];
    }
    visit(*node);
  }
}

}  // namespace

SchedulerContext scheduler_context(const Training& training) {
  return {training.epochs, smaller_is_better(training.metric) ? Better::smaller : Better::larger};
}

std::vector<Misfit> misfits(const ComponentRecipe& scheduler, const SchedulerContext& context) {
  const auto made = make<Scheduler>(scheduler, context);
  return plugins::guarded(scheduler.callee, [&] { return made->misfits(context); });
}

Complaint complaint_of(const Misfit& misfit, const Node& table) {
  return {place_at(table, misfit.key), fmt::format("scheduler.{} {}", misfit.key, misfit.message)};
}

void check_schedule(const Recipe& recipe, const SchedulerContext& context) {
  std::vector<Complaint> complaints;
  for (const Misfit& misfit : misfits(recipe.scheduler, context))
    complaints.push_back(complaint_of(misfit, recipe.resolved.table()->find("scheduler")->node));
  if (!complaints.empty()) throw RecipeError(std::move(complaints));
}

std::vector<double> rates(const Recipe& recipe, const std::function<double(std::int64_t)>& metric) {
  const auto optimizer = make<Optimizer>(recipe.optimizer, {});
  const auto scheduler = make<Scheduler>(recipe.scheduler, scheduler_context(recipe.training));
  const double base = plugins::guarded(recipe.optimizer.callee, [&] { return optimizer->base_learning_rate(); });
  std::vector<double> rates;
  std::vector<double> history;
  for (std::int64_t epoch = 0; epoch < recipe.training.epochs; ++epoch) {
    const Progress progress{.epoch = epoch, .epochs = recipe.training.epochs, .history = history};
    rates.push_back(plugins::guarded(recipe.scheduler.callee, [&] { return scheduler->learning_rate(base, progress); }));
    history.push_back(metric(epoch));
  }
  return rates;
}

std::vector<double> rates_without_progress(const Recipe& recipe) {
  return rates(recipe, [](std::int64_t) { return 0; });
}

Place place_at(const Node& table, std::string_view key) {
  Place place;
  walk(table, key, [&](const Node& node) {
    if (!node.place.is_default()) place = node.place;
  });
  return place;
}

Node& node_at(Node& table, std::string_view key) {
  const Node* found = &table;
  walk(table, key, [&](const Node& node) { found = &node; });
  return const_cast<Node&>(*found);
}

}  // namespace aviary::recipe
