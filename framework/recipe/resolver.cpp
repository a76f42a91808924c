#include "recipe/resolver.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "recipe/values.hpp"

namespace aviary::recipe {
namespace {

std::string_view article(Kind kind) { return kind == Kind::optimizer || kind == Kind::augmentation ? "an" : "a"; }

}  // namespace

Resolver::OwnKeys Resolver::own_keys(Kind kind) {
  switch (kind) {
    case Kind::model: return {ParamList<Start>().settings().settings, {"lr_factors"}};
    case Kind::optimizer: return {ParamList<Decay>().settings().settings, {}};
    default: return {};
  }
}

ComponentRecipe Resolver::component(Kind kind, const Node& node, const std::string& path, Node& resolved, const OwnKeys& own) {
  const Table* const table = node.table();
  if (table == nullptr) {
    complain(node.place, fmt::format("{} is {}; expected a table with a type", path, type_name(node)));
    return {};
  }
  const Entry* const type = table->find("type");
  if (type == nullptr || type->node.text() == nullptr) {
    const Place& place = type == nullptr ? node.place : type->node.place;
    complain(place, fmt::format("{}.type is {}; expected the name of {} {}", path,
                                type == nullptr ? "missing" : type_name(type->node), article(kind), to_string(kind)));
    return {};
  }
  const plugins::Available* const available = catalogue_.find(kind, *type->node.text());
  if (available == nullptr) {
    complain(type->node.place, unknown_type(kind, *type->node.text(), path));
    return {};
  }
  return component_of(*available, *table, type->node.place, node.place, path, resolved, own);
}

std::vector<ComponentRecipe> Resolver::components(Kind kind, const Node& list, const std::string& path, Node& resolved) {
  std::vector<ComponentRecipe> components;
  resolved = {list.place, std::vector<Node>{}};
  for (const Node& node : *list.list())
    components.push_back(component(kind, node, fmt::format("{}[{}]", path, components.size()),
                                   std::get<std::vector<Node>>(resolved.value).emplace_back()));
  return components;
}

std::vector<std::pair<std::string, double>> Resolver::factors(const Entry& entry, const std::string& path) {
  std::vector<std::pair<std::string, double>> factors;
  if (entry.node.table() == nullptr) {
    complain(entry.node.place, fmt::format("{} is {}; expected a table: {{ \"layer1\" = 0.1 }}", path, type_name(entry.node)));
    return factors;
  }
  for (const Entry& each : entry.node.table()->entries) {
    const std::optional<Value> value = value_of(each.node, Type::number);
    if (value && std::get<double>(*value) >= 0)
      factors.emplace_back(each.key, std::get<double>(*value));
    else
      complain(each.node.place,
               fmt::format("{}.\"{}\" is {}; expected a number, at least 0", path, each.key, inline_toml(each.node)));
  }
  return factors;
}

std::optional<ComponentRecipe> Resolver::only(Kind kind, const Place& place, const std::string& wanted) {
  for (const plugins::Available& available : catalogue_.available()) {
    Node resolved;
    if (available.kind == kind) return component_of(available, {}, place, place, wanted, resolved, {});
  }
  for (const plugins::Refused& refused : catalogue_.refused())
    for (const plugins::Offer& offer : refused.offers)
      if (offer.kind == kind)
        complain(place, fmt::format("{} needs {} {}, which is refused: {} {}", wanted, to_string(kind), offer.name,
                                    refused.file.string(), refused.reason));
  return std::nullopt;
}

void Resolver::finish() {
  if (!complaints_.empty()) throw RecipeError(std::move(complaints_));
}

std::string Resolver::unknown_type(Kind kind, const std::string& name, const std::string& path) const {
  for (const plugins::Refused& refused : catalogue_.refused())
    for (const plugins::Offer& offer : refused.offers)
      if (offer.kind == kind && offer.name == name)
        return fmt::format("{}.type is \"{}\", which is refused: {} {}", path, name, refused.file.string(), refused.reason);
  const std::string near = suggestion(name, catalogue_.names(kind));
  return fmt::format("{}.type is \"{}\"; there is no such {}{}{}", path, name, to_string(kind), near,
                     near.starts_with("; known") ? "; --plugin-path DIR adds those of your own" : "");
}

ComponentRecipe Resolver::component_of(const plugins::Available& available, const Table& table, const Place& type_place,
                                       const Place& place, const std::string& path, Node& resolved, const OwnKeys& own) {
  ComponentRecipe recipe;
  recipe.type = available.name;
  recipe.place = type_place;
  recipe.callee = plugins::callee(available);
  resolved = {place, Table{}};
  resolved.table()->entries.push_back({"type", type_place, {type_place, available.name}});
  try {
    recipe.component = &catalogue_.component(available);
    SettingList list = catalogue_.settings(available);
    std::ranges::copy(own.settings, std::back_inserter(list.settings));
    std::vector<std::string> other_keys = own.others;
    other_keys.emplace_back("type");
    recipe.values = settings(&table, place, path, list, other_keys, *resolved.table(), &recipe);
  } catch (const Error& error) {
    complain(type_place, error.what());
  }
  return recipe;
}

std::map<std::string, Value> Resolver::settings(const Table* table, const Place& place, const std::string& path,
                                                const SettingList& list, const std::vector<std::string>& other_keys,
                                                Table& resolved, ComponentRecipe* recipe) {
  const std::size_t complaints_before = complaints_.size();
  Values values;
  for (const Setting& setting : list.settings) {
    const Entry* const entry = table == nullptr ? nullptr : table->find(setting.key());
    const std::string name = path + '.' + setting.key();
    if (entry == nullptr && setting.is_required()) {
      complain(place, fmt::format("{} is missing; expected {}: {}", name, setting.expected(), setting.help()));
      values.plain[setting.key()] = setting.fallback();  // so that reading goes on to the other complaints
    } else if (setting.type() == Type::component || setting.type() == Type::components) {
      if (entry != nullptr) nested(setting, *entry, name, resolved, *recipe);
    } else {
      const Place origin = entry == nullptr ? Place{} : entry->node.place;
      values.plain[setting.key()] = entry == nullptr ? setting.fallback() : checked(setting, entry->node, name);
      const Value& value = values.plain[setting.key()];
      if (!std::holds_alternative<std::monostate>(value))
        resolved.entries.push_back({setting.key(), origin, node_of(value, origin)});
    }
  }
  if (table != nullptr) complain_of_unknown_keys(*table, path, list, other_keys);
  if (complaints_.size() == complaints_before) complain_of_rules(table, place, path, list, values);
  return std::move(values.plain);
}

Value Resolver::checked(const Setting& setting, const Node& node, const std::string& name) {
  std::optional<Value> value = value_of(node, setting.type());
  if (value) value = setting.completed(std::move(*value));
  if (!value)
    Resolver::complain_of_type(setting, node, name);
  else if (!setting.allows(*value))
    complain(node.place, fmt::format("{} is {}; expected {}", name, aviary::to_toml(*value), setting.range()));
  else
    return *value;
  return setting.fallback();
}

// Points at the element where it is one of a list that is wrong.
void Resolver::complain_of_type(const Setting& setting, const Node& node, const std::string& name) {
  const bool list = setting.type() == Type::integers || setting.type() == Type::numbers || setting.type() == Type::texts;
  const std::vector<Node> none;
  const std::vector<Node>& elements = list && node.list() != nullptr ? *node.list() : none;
  const auto wrong = std::ranges::find_if(elements, [&](const Node& element) {
    return !value_of({element.place, std::vector<Node>{element}}, setting.type());
  });
  if (wrong == elements.end())
    complain(node.place, fmt::format("{} is {}; expected {}", name, type_name(node), setting.expected()));
  else
    complain(wrong->place,
             fmt::format("{}[{}] is {}; expected {}", name, wrong - elements.begin(), type_name(*wrong), setting.expected()));
}

void Resolver::nested(const Setting& setting, const Entry& entry, const std::string& name, Table& resolved,
                      ComponentRecipe& recipe) {
  const bool one = setting.type() == Type::component;
  if (one ? entry.node.table() == nullptr : entry.node.list() == nullptr) {
    complain(entry.node.place, fmt::format("{} is {}; expected {}", name, type_name(entry.node), setting.expected()));
    return;
  }
  Node made{entry.node.place, std::vector<Node>{}};
  auto& components = recipe.components[setting.key()];
  const std::vector<Node> single = one ? std::vector{entry.node} : std::vector<Node>{};
  for (const Node& node : one ? single : *entry.node.list()) {
    const std::string path = one ? name : fmt::format("{}[{}]", name, components.size());
    auto& nodes = std::get<std::vector<Node>>(made.value);
    const Entry* const type = node.table() == nullptr ? nullptr : node.table()->find("type");
    Node& out = nodes.emplace_back();
    if (type != nullptr && type->node.text() != nullptr && *type->node.text() == setting.excluded_type())
      complain(type->node.place, fmt::format("{}.type is \"{}\"; expected another {} than that", path, *type->node.text(),
                                             to_string(setting.component_kind())));
    else
      components.push_back(component(setting.component_kind(), node, path, out, {}));
  }
  if (one) made = Node(std::move(std::get<std::vector<Node>>(made.value).front()));
  resolved.entries.push_back({setting.key(), entry.place, std::move(made)});
}

void Resolver::complain_of_unknown_keys(const Table& table, const std::string& path, const SettingList& list,
                                        const std::vector<std::string>& other_keys) {
  std::vector<std::string> known = other_keys;
  for (const Setting& setting : list.settings) known.push_back(setting.key());
  for (const Entry& entry : table.entries)
    if (std::ranges::count(known, entry.key) == 0)
      complain(entry.place, fmt::format("unknown key {}.{}{}", path, entry.key, suggestion(entry.key, known)));
}

void Resolver::complain_of_rules(const Table* table, const Place& place, const std::string& path, const SettingList& list,
                                 const Values& values) {
  for (const Rule& rule : list.rules) {
    if (rule.holds(values)) continue;
    const Entry* const entry = table == nullptr ? nullptr : table->find(rule.key);
    complain(entry == nullptr ? place : entry->node.place, fmt::format("{}.{} {}", path, rule.key, rule.message));
  }
}

}  // namespace aviary::recipe
