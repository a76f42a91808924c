#include "recipe/complaint.hpp"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace aviary::recipe {
namespace {

std::vector<Complaint> sorted(std::vector<Complaint> complaints) {
  std::ranges::sort(complaints);
  complaints.erase(std::unique(complaints.begin(), complaints.end()), complaints.end());
  return complaints;
}

std::string joined(const std::vector<Complaint>& complaints) {
  std::string text;
  for (const Complaint& complaint : complaints) text += (text.empty() ? "" : "\n") + to_string(complaint);
  return text;
}

// Levenshtein's distance, where a swap of neighbours counts once.
std::size_t distance(const std::string& a, const std::string& b) {
  std::vector<std::vector<std::size_t>> table(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) table[i][0] = i;
  std::iota(table[0].begin(), table[0].end(), 0);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      table[i][j] = std::min({table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        table[i][j] = std::min(table[i][j], table[i - 2][j - 2] + 1);
    }
  }
  return table[a.size()][b.size()];
}

}  // namespace

std::string to_string(const Place& place) {
  if (place.is_default()) return "default";
  return place.line == 0 ? place.file : fmt::format("{}:{}:{}", place.file, place.line, place.column);
}

std::string to_string(const Complaint& complaint) {
  return fmt::format("{}: {}", to_string(complaint.place), complaint.message);
}

RecipeError::RecipeError(std::vector<Complaint> complaints)
    : Error(joined(sorted(complaints)), Fault::usage), complaints_(sorted(std::move(complaints))) {}

std::string suggestion(const std::string& name, std::vector<std::string> known) {
  if (known.empty()) return "";
  std::ranges::sort(known);
  const auto nearest = std::ranges::min_element(known, {}, [&](const std::string& other) { return distance(name, other); });
  // A third of the letters may be wrong; of short names, one.
  if (distance(name, *nearest) <= std::max<std::size_t>(1, std::max(name.size(), nearest->size()) / 3))
    return fmt::format("; did you mean {}?", *nearest);
  return fmt::format("; known: {}", fmt::join(known, ", "));
}

}  // namespace aviary::recipe
