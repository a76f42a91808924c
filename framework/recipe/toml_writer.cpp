#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <aviary/params.hpp>

#include "recipe/document.hpp"

namespace aviary::recipe {
namespace {

std::string key_text(const std::string& key) {
  const bool bare = !key.empty() && std::ranges::all_of(key, [](unsigned char c) {
    return c == '_' || c == '-' || (c < 128 && std::isalnum(c) != 0);
  });
  return bare ? key : aviary::to_toml(Value(key));
}

bool is_list_of_tables(const Node& node) {
  const auto* const list = node.list();
  return list != nullptr && !list->empty() &&
         std::ranges::all_of(*list, [](const Node& element) { return element.table() != nullptr; });
}

void write_table(const Table& table, const std::string& path, bool origins, std::string& out) {
  std::vector<std::pair<std::string, std::string>> lines;
  for (const Entry& entry : table.entries)
    if (entry.node.table() == nullptr && !is_list_of_tables(entry.node))
      lines.emplace_back(key_text(entry.key) + " = " + inline_toml(entry.node), to_string(entry.node.place));
  std::size_t width = 0;
  for (const auto& [line, origin] : lines) width = std::max(width, line.size());
  // One long line must not push every origin off the screen.
  width = std::min<std::size_t>(width, 48);
  for (const auto& [line, origin] : lines) out += origins ? fmt::format("{:{}}  # {}\n", line, width, origin) : line + '\n';

  for (const Entry& entry : table.entries) {
    const std::string name = path.empty() ? key_text(entry.key) : path + '.' + key_text(entry.key);
    if (const Table* const inner = entry.node.table()) {
      const bool only_tables = std::ranges::all_of(inner->entries, [](const Entry& e) { return e.node.table() != nullptr; });
      if (!only_tables || inner->entries.empty()) out += fmt::format("{}[{}]\n", out.empty() ? "" : "\n", name);
      write_table(*inner, name, origins, out);
    } else if (is_list_of_tables(entry.node)) {
      for (const Node& element : *entry.node.list()) {
        out += fmt::format("{}[[{}]]\n", out.empty() ? "" : "\n", name);
        write_table(*element.table(), name, origins, out);
      }
    }
  }
}

struct InlineWriter {
  std::string operator()(Unsupported) const { return "\"?\""; }
  std::string operator()(const std::vector<Node>& list) const {
    std::string text;
    for (const Node& element : list) text += (text.empty() ? "" : ", ") + inline_toml(element);
    return '[' + text + ']';
  }
  std::string operator()(const Table& table) const {
    std::string text;
    for (const Entry& entry : table.entries)
      text += fmt::format("{}{} = {}", text.empty() ? " " : ", ", key_text(entry.key), inline_toml(entry.node));
    return '{' + text + (text.empty() ? "}" : " }");
  }
  std::string operator()(const auto& value) const { return aviary::to_toml(Value(value)); }
};

}  // namespace

std::string inline_toml(const Node& node) { return std::visit(InlineWriter(), node.value); }

std::string to_toml(const Node& root, bool origins) {
  std::string text;
  write_table(*root.table(), "", origins, text);
  return text;
}

}  // namespace aviary::recipe
