#include "search/beginnings.hpp"

#include <algorithm>
#include <map>
#include <numeric>

#include <fmt/format.h>

#include "recipe/curriculum.hpp"

namespace aviary::search {
namespace {

using Members = std::vector<std::size_t>;

// What an augmented epoch of the phase is augmented with.
std::string augmentations(const recipe::Recipe& recipe, std::size_t phase) {
  const auto& root = *recipe.resolved.table();
  if (recipe.curriculum[phase].augment) {
    const auto& phases = std::get<std::vector<recipe::Node>>(root.find("curriculum")->node.value);
    return recipe::inline_toml(phases[phase].table()->find("augment")->node);
  }
  const recipe::Entry* const all = root.find("augment");
  return all == nullptr ? "[]" : recipe::inline_toml(all->node);
}

// Members of which `key` tells the same, in the order of the first of each.
template <class Key>
std::vector<Members> groups(const Members& members, const Key& key) {
  std::vector<Members> groups;
  std::map<std::string, std::size_t> known;
  for (const std::size_t member : members) {
    const std::size_t group = known.emplace(key(member), groups.size()).first->second;
    if (group == groups.size()) groups.emplace_back();
    groups[group].push_back(member);
  }
  return groups;
}

std::int64_t common_epochs(const std::vector<Course>& courses, const Members& members) {
  const Course& first = courses[members.front()];
  auto common = std::ssize(first.epochs);
  for (const std::size_t member : members) {
    const auto [end, other] = std::ranges::mismatch(first.epochs, courses[member].epochs);
    common = std::min(common, end - first.epochs.begin());
  }
  return common;
}

// Members that have `done` epochs in common, all in `after`.
void share(const std::vector<Course>& courses, const Members& members, std::int64_t done, std::optional<std::size_t> after,
           std::vector<Part>& parts) {
  const std::int64_t common = common_epochs(courses, members);
  if (common == std::ssize(courses[members.front()].epochs)) {
    for (const std::size_t member : members) parts.push_back({member, after, std::nullopt});
    return;
  }
  if (common > done) {
    parts.push_back({members.front(), after, common});
    after = parts.size() - 1;
    done = common;
  }
  const auto next = [&](std::size_t member) { return courses[member].epochs[static_cast<std::size_t>(done)]; };
  for (const Members& way : groups(members, next)) share(courses, way, done, after, parts);
}

}  // namespace

Course course_of(const recipe::Recipe& recipe) {
  Course course;
  recipe::Node rest = recipe.resolved;
  std::erase_if(rest.table()->entries, [](const recipe::Entry& entry) {
    return entry.key == "augment" || entry.key == "curriculum" || entry.key == "provenance" || entry.key == "lint";
  });
  course.rest = recipe::to_toml(rest, false);
  for (std::int64_t epoch = 0; epoch < recipe.training.epochs; ++epoch) {
    const auto [number, within] = recipe::phase_epoch(recipe.curriculum, epoch);
    const recipe::Phase& phase = recipe.curriculum[number];
    const std::string augment =
        phase.augmented(within) ? fmt::format("{} of {}", phase.strength, augmentations(recipe, number)) : "none";
    course.epochs.push_back(fmt::format("{} of the pictures, augmentations: {}", phase.epoch_fraction, augment));
  }
  return course;
}

std::vector<Part> share_beginnings(const std::vector<Course>& courses) {
  Members all(courses.size());
  std::iota(all.begin(), all.end(), 0);
  std::vector<Part> parts;
  for (const Members& alike : groups(all, [&](std::size_t member) { return courses[member].rest; }))
    share(courses, alike, 0, std::nullopt, parts);
  return parts;
}

}  // namespace aviary::search
