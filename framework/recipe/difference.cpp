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

// Augmentations and their like are known by their type, a second one of a type by its number: so one that is put in front does
// not rename all that follow. Their order is a line of its own.
void flatten_list(const std::vector<Node>& list, const std::string& key, const Place& place, std::vector<Line>& lines) {
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

const Line* find(const std::vector<Line>& lines, const std::string& key) {
  const auto found = std::ranges::find(lines, key, &Line::key);
  return found == lines.end() ? nullptr : &*found;
}

}  // namespace

std::vector<Change> difference(const Node& before, const Node& after) {
  std::vector<Line> old_lines;
  std::vector<Line> new_lines;
  flatten(before, "", old_lines);
  flatten(after, "", new_lines);
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
  std::ranges::stable_sort(changes, {}, [](const Change& change) { return change.key.substr(0, change.key.find('.')); });
  return changes;
}

}  // namespace aviary::recipe
