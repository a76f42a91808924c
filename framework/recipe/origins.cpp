#include "recipe/origins.hpp"

#include <fstream>
#include <string>
#include <variant>
#include <vector>

namespace aviary::recipe {
namespace {

std::vector<std::string> lines_of(const std::filesystem::path& file) {
  std::vector<std::string> lines;
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

void restore(Node& node, const std::string& file, const std::vector<std::string>& lines) {
  if (auto* const list = std::get_if<std::vector<Node>>(&node.value)) {
    for (Node& element : *list) restore(element, file, lines);
  } else if (Table* const table = node.table()) {
    for (Entry& entry : table->entries) restore(entry.node, file, lines);
  }
  if (node.place.file != file || node.place.line < 1 || node.place.line > std::ssize(lines)) return;
  const std::string& line = lines[static_cast<std::size_t>(node.place.line - 1)];
  const std::size_t comment = line.rfind("  # ");
  if (comment == std::string::npos) return;
  const std::string origin = line.substr(comment + 4);
  node.place = origin == to_string(Place{}) ? Place{} : Place{origin, 0, 0};
}

}  // namespace

void restore_origins(Node& root, const std::filesystem::path& file) { restore(root, file.string(), lines_of(file)); }

}  // namespace aviary::recipe
