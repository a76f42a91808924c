// A recipe as it is written: tables, lists and values, each with the place it was written at. `extends` and --set are worked in
// here; what the keys mean is not known yet.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "recipe/complaint.hpp"

namespace aviary::recipe {

struct Entry;

/// Keys in the order of the file.
struct Table {
  std::vector<Entry> entries;

  const Entry* find(std::string_view key) const;
  Entry* find(std::string_view key);
};

/// What TOML has and recipes do not: dates and times.
struct Unsupported {};

struct Node {
  Place place;
  std::variant<Unsupported, bool, std::int64_t, double, std::string, std::vector<Node>, Table> value;

  const Table* table() const { return std::get_if<Table>(&value); }
  Table* table() { return std::get_if<Table>(&value); }
  const std::vector<Node>* list() const { return std::get_if<std::vector<Node>>(&value); }
  const std::string* text() const { return std::get_if<std::string>(&value); }
};

struct Entry {
  std::string key;
  Place place;  ///< of the key
  Node node;
};

struct Document {
  Node root;                       ///< a table; `extends` is worked in and gone
  std::vector<std::string> files;  ///< this file, its parent, its parent's parent, ...
};

/// Reads a recipe and its parents. Tables merge key by key, a list is replaced whole, and so is a component's table whose
/// `type` changes: the old type's settings mean nothing to the new one. A parent's [provenance] is its own: it tells where that
/// recipe's numbers come from, and what they led to. Throws RecipeError.
Document read_document(const std::filesystem::path& file);

/// Works values under dotted keys ("optimizer.lr") in, all at once, as if a last child had written them.
void merge_values(Document& document, std::vector<Entry> values);

/// The same for KEY=VALUE settings of the command line: `optimizer.lr=0.01`. A VALUE is TOML; what is not TOML is a text.
/// Throws Error.
void override_values(Document& document, const std::vector<std::string>& settings);

/// The file that RECIPE names: a path, or a name below ./recipes or the installed recipes. Throws Error.
std::filesystem::path find_recipe(const std::string& recipe);

/// The same of a folder: all recipes in it, sorted by name. Throws Error when there is none.
std::vector<std::filesystem::path> find_recipes(const std::string& recipes);

/// One value as TOML, in one line.
std::string inline_toml(const Node& node);

/// As TOML. Each value's origin follows it as a comment where `origins` is set.
std::string to_toml(const Node& root, bool origins);

}  // namespace aviary::recipe
