#include "recipe/difference.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

namespace aviary::recipe {
namespace {

struct Line {
  std::string key;
  std::string text;
  Place place;
};

void flatten(const Node& node, const std::string& key, std::vector<Line>& lines);

// Phases are known by their number. Augmentations and their like are known by their type, a second one of a type by its number:
// so one that is put in front does not rename all that follow. Their order is a line of its own.
void flatten_list(const std::vector<Node>& list, const std::string& key, const Place& place, std::vector<Line>& lines) {
  if (list.front().table()->find("type") == nullptr) {
    for (std::size_t i = 0; i < list.size(); ++i) flatten(list[i], fmt::format("{}[{}]", key, i), lines);
    return;
  }
  std::map<std::string, int> seen;
  std::string order;
  for (const Node& element : list) {
    const Entry* const type = element.table()->find("type");
    std::string name = type == nullptr || type->node.text() == nullptr ? "" : *type->node.text();
    if (const int number = ++seen[name]; number > 1) name += fmt::format("#{}", number);
    order += (order.empty() ? "" : ", ") + name;
    flatten(element, key + '.' + name, lines);
  }
  lines.push_back({key, order, place});
}

void flatten(const Node& node, const std::string& key, std::vector<Line>& lines) {
  if (const Table* const table = node.table()) {
    for (const Entry& entry : table->entries) flatten(entry.node, key.empty() ? entry.key : key + '.' + entry.key, lines);
  } else if (node.list() != nullptr && !node.list()->empty() && node.list()->front().table() != nullptr) {
    flatten_list(*node.list(), key, node.place, lines);
  } else {
    lines.push_back({key, inline_toml(node), node.place});
  }
}

// Without what is only said about the recipe, in sentences.
std::vector<Line> lines_of(const Node& recipe) {
  std::vector<Line> lines;
  flatten(recipe, "", lines);
  std::erase_if(lines, [](const Line& line) {
    return line.key == "provenance.deck" || line.key == "provenance.assumed" || line.key.starts_with("lint.");
  });
  return lines;
}

const Line* find(const std::vector<Line>& lines, const std::string& key) {
  const auto found = std::ranges::find(lines, key, &Line::key);
  return found == lines.end() ? nullptr : &*found;
}

}  // namespace

std::vector<Change> difference(const Node& before, const Node& after) {
  const std::vector<Line> old_lines = lines_of(before);
  const std::vector<Line> new_lines = lines_of(after);
  std::vector<Change> changes;
  for (const Line& line : old_lines) {
    const Line* const now = find(new_lines, line.key);
    if (now == nullptr)
      changes.push_back({line.key, line.text, "", line.place, {}});
    else if (now->text != line.text)
      changes.push_back({line.key, line.text, now->text, line.place, now->place});
  }
  for (const Line& line : new_lines)
    if (find(old_lines, line.key) == nullptr) changes.push_back({line.key, "", line.text, {}, line.place});
  std::ranges::stable_sort(changes, {},
                           [](const Change& change) { return change.key.substr(0, change.key.find_first_of(".[")); });
  return changes;
}

}  // namespace aviary::recipe
