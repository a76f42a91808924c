#include "recipe/document.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include "plugins/installation.hpp"

namespace fs = std::filesystem;

namespace aviary::recipe {
namespace {

Place place_of(const toml::source_region& region, const std::string& file) {
  return {file, static_cast<int>(region.begin.line), static_cast<int>(region.begin.column)};
}

Node convert(const toml::node& source, const std::string& file);

Table convert_table(const toml::table& source, const std::string& file) {
  Table table;
  for (const auto& [key, node] : source)
    table.entries.push_back({std::string(key.str()), place_of(key.source(), file), convert(node, file)});
  // toml++ sorts by key; people expect the order they wrote.
  std::ranges::stable_sort(table.entries, {},
                           [](const Entry& entry) { return std::tie(entry.place.line, entry.place.column); });
  return table;
}

Node convert(const toml::node& source, const std::string& file) {
  Node node{place_of(source.source(), file), {}};
  source.visit([&]<class T>(const T& value) {
    if constexpr (toml::is_table<T>) {
      node.value = convert_table(value, file);
    } else if constexpr (toml::is_array<T>) {
      auto& list = node.value.emplace<std::vector<Node>>();
      for (const toml::node& element : value) list.push_back(convert(element, file));
    } else if constexpr (toml::is_string<T> || toml::is_number<T> || toml::is_boolean<T>) {
      node.value = value.get();
    }
  });
  return node;
}

Node parse(const fs::path& file) {
  std::ifstream stream(file);
  std::stringstream text;
  text << stream.rdbuf();
  if (!fs::is_regular_file(file) || !stream) throw Error(fmt::format("{}: cannot be read", file.string()), Fault::usage);
  try {
    return convert(toml::parse(text.str(), file.string()), file.string());
  } catch (const toml::parse_error& error) {
    throw RecipeError({{place_of(error.source(), file.string()), std::string(error.description())}});
  }
}

bool changes_type(const Table& base, const Table& over) {
  const Entry* const before = base.find("type");
  const Entry* const after = over.find("type");
  return before != nullptr && after != nullptr && before->node.text() != nullptr && after->node.text() != nullptr &&
         *before->node.text() != *after->node.text();
}

void merge(Table& base, Table over) {
  if (changes_type(base, over)) {
    base = std::move(over);
    return;
  }
  for (Entry& entry : over.entries) {
    Entry* const before = base.find(entry.key);
    if (before == nullptr) {
      base.entries.push_back(std::move(entry));
    } else if (before->node.table() != nullptr && entry.node.table() != nullptr) {
      merge(*before->node.table(), std::move(*entry.node.table()));
    } else {
      *before = std::move(entry);
    }
  }
}

Document read_with_parents(const fs::path& file, std::vector<fs::path> children) {
  Document document{parse(file), {file.string()}};
  Table& table = *document.root.table();
  const auto extends = std::ranges::find(table.entries, "extends", &Entry::key);
  if (extends == table.entries.end()) return document;

  const std::string* const name = extends->node.text();
  const Place place = extends->node.place;
  if (name == nullptr) throw RecipeError({{place, "extends takes the file name of one recipe, as a text"}});
  const fs::path parent = (file.parent_path() / *name).lexically_normal();
  if (!fs::exists(parent))
    throw RecipeError({{place, fmt::format("extends \"{}\": there is no file {}", *name, parent.string())}});
  children.push_back(file);
  for (const fs::path& child : children) {
    if (!fs::equivalent(child, parent)) continue;
    std::string circle;
    for (const fs::path& step : children) circle += step.filename().string() + " -> ";
    throw RecipeError({{place, fmt::format("extends goes in a circle: {}{}", circle, parent.filename().string())}});
  }
  Table own = std::move(table);
  std::erase_if(own.entries, [](const Entry& entry) { return entry.key == "extends"; });
  Document merged = read_with_parents(parent, std::move(children));
  std::erase_if(merged.root.table()->entries, [](const Entry& entry) { return entry.key == "provenance"; });
  merge(*merged.root.table(), std::move(own));
  merged.root.place = document.root.place;
  merged.files.insert(merged.files.begin(), file.string());
  return merged;
}

Node parse_value(const std::string& text, const std::string& option) {
  toml::table parsed;
  try {
    parsed = toml::parse("value = " + text);
  } catch (const toml::parse_error&) {
    parsed.clear();
  }
  // A line break in the text could bring further keys along; then it is a text after all.
  Node node = parsed.size() == 1 ? convert(*parsed.get("value"), option) : Node{{}, text};
  const auto forget_position = [&](auto&& self, Node& at) -> void {
    at.place = {option, 0, 0};
    if (auto* const list = std::get_if<std::vector<Node>>(&at.value))
      for (Node& element : *list) self(self, element);
    if (Table* const table = at.table()) {
      for (Entry& entry : table->entries) {
        entry.place = {option, 0, 0};
        self(self, entry.node);
      }
    }
  };
  forget_position(forget_position, node);
  return node;
}

}  // namespace

const Entry* Table::find(std::string_view key) const {
  const auto found = std::ranges::find(entries, key, &Entry::key);
  return found == entries.end() ? nullptr : &*found;
}

Entry* Table::find(std::string_view key) {
  const auto found = std::ranges::find(entries, key, &Entry::key);
  return found == entries.end() ? nullptr : &*found;
}

Document read_document(const fs::path& file) { return read_with_parents(file, {}); }

void merge_values(Document& document, std::vector<Entry> values) {
  Table overrides;
  for (Entry& value : values) {
    Table* table = &overrides;
    std::stringstream path(value.key);
    std::vector<std::string> keys;
    for (std::string key; std::getline(path, key, '.');) keys.push_back(key);
    for (std::size_t i = 0; i + 1 < keys.size(); ++i) {
      Entry* entry = table->find(keys[i]);
      if (entry == nullptr || entry->node.table() == nullptr) {
        if (entry == nullptr) entry = &table->entries.emplace_back();
        *entry = {keys[i], value.place, {value.place, Table{}}};
      }
      table = entry->node.table();
    }
    value.key = keys.back();
    if (Entry* const earlier = table->find(value.key))
      *earlier = std::move(value);
    else
      table->entries.push_back(std::move(value));
  }
  merge(*document.root.table(), std::move(overrides));
}

void override_values(Document& document, const std::vector<std::string>& settings) {
  std::vector<Entry> values;
  for (const std::string& setting : settings) {
    const std::size_t equals = setting.find('=');
    if (equals == std::string::npos || equals == 0)
      throw Error(fmt::format("--set {}: expected KEY=VALUE, such as optimizer.lr=0.01", setting), Fault::usage);
    const std::string key = setting.substr(0, equals);
    const std::string option = "--set " + key;
    values.push_back({key, {option, 0, 0}, parse_value(setting.substr(equals + 1), option)});
  }
  merge_values(document, std::move(values));
}

fs::path find_recipe(const std::string& recipe) {
  const std::string name = recipe.ends_with(".toml") ? recipe : recipe + ".toml";
  const fs::path places[] = {recipe, fs::path("recipes") / name, plugins::installed_data() / "recipes" / name};
  for (const fs::path& place : places)
    if (fs::is_regular_file(place)) return place;
  if (fs::is_directory(recipe))
    throw Error(fmt::format("{} is a folder; expected a recipe, such as a .toml file in it", recipe), Fault::usage);
  throw Error(fmt::format("no recipe {}: looked for {}", recipe,
                          fmt::join({places[0].string(), places[1].string(), places[2].string()}, ", ")),
              Fault::usage);
}

std::vector<fs::path> find_recipes(const std::string& recipes) {
  for (const fs::path& place :
       {fs::path(recipes), fs::path("recipes") / recipes, plugins::installed_data() / "recipes" / recipes}) {
    if (!fs::is_directory(place)) continue;
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(place))
      if (entry.is_regular_file() && entry.path().extension() == ".toml") files.push_back(entry.path());
    if (files.empty()) throw Error(fmt::format("no recipe in {}: no file there ends in .toml", place.string()), Fault::usage);
    std::ranges::sort(files);
    return files;
  }
  return {find_recipe(recipes)};
}

}  // namespace aviary::recipe
