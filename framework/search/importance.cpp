#include "search/importance.hpp"

#include <algorithm>
#include <map>
#include <numeric>

#include "results/statistics.hpp"
#include "search/space.hpp"

namespace aviary::search {
namespace {

constexpr std::size_t most_groups = 4;

// The group of each label.
std::vector<std::size_t> groups_of(const std::vector<std::string>& labels) {
  std::vector<std::size_t> groups(labels.size());
  std::map<std::string, std::size_t> known;
  for (std::size_t i = 0; i < labels.size(); ++i) groups[i] = known.emplace(labels[i], known.size()).first->second;
  if (known.size() <= most_groups || !are_numbers(labels)) return groups;
  std::vector<std::size_t> order(labels.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return std::stod(labels[i]); });
  for (std::size_t rank = 0; rank < order.size(); ++rank) groups[order[rank]] = rank * most_groups / order.size();
  return groups;
}

}  // namespace

double importance(const std::vector<std::string>& labels, const std::vector<double>& scores) {
  const std::vector<std::size_t> groups = groups_of(labels);
  std::map<std::size_t, std::vector<double>> members;
  for (std::size_t i = 0; i < scores.size(); ++i) members[groups[i]].push_back(scores[i]);
  if (members.size() < 2 || scores.size() <= members.size()) return 0;
  const double total = results::squared_deviations(scores);
  double within = 0;
  for (const auto& [group, numbers] : members) within += results::squared_deviations(numbers);
  const double chance = within / static_cast<double>(scores.size() - members.size());
  if (total + chance == 0) return 0;
  return std::max(0.0, (total - within - static_cast<double>(members.size() - 1) * chance) / (total + chance));
}

}  // namespace aviary::search
