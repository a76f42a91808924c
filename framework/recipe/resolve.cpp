#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "recipe/recipe.hpp"
#include "recipe/values.hpp"

namespace aviary::recipe {
namespace {

class Resolver {
 public:
  explicit Resolver(plugins::Catalogue& catalogue) : catalogue_(catalogue) {}

  // Reads a table of the host's own. `table` may be null: then all is default.
  template <class Section>
  Section section(const Table* table, const Place& place, const std::string& path, const std::vector<std::string>& other_keys,
                  Table& resolved) {
    const ParamList<Section> list;
    Values values;
    values.plain = settings(table, place, path, list.settings(), other_keys, resolved, nullptr);
    return list.read(values);
  }

  ComponentRecipe component(Kind kind, const Node& node, const std::string& path, Node& resolved) {
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
    return component_of(*available, *table, type->node.place, node.place, path, resolved);
  }

  void complain(const Place& place, std::string message) { complaints_.push_back({place, std::move(message)}); }
  void finish() {
    if (!complaints_.empty()) throw RecipeError(std::move(complaints_));
  }

 private:
  static std::string_view article(Kind kind) { return kind == Kind::optimizer || kind == Kind::augmentation ? "an" : "a"; }

  std::string unknown_type(Kind kind, const std::string& name, const std::string& path) const {
    for (const plugins::Refused& refused : catalogue_.refused())
      for (const plugins::Offer& offer : refused.offers)
        if (offer.kind == kind && offer.name == name)
          return fmt::format("{}.type is \"{}\", which is refused: {} {}", path, name, refused.file.string(), refused.reason);
    return fmt::format("{}.type is \"{}\"; there is no such {}{}", path, name, to_string(kind),
                       suggestion(name, catalogue_.names(kind)));
  }

  ComponentRecipe component_of(const plugins::Available& available, const Table& table, const Place& type_place,
                               const Place& place, const std::string& path, Node& resolved) {
    ComponentRecipe recipe;
    recipe.type = available.name;
    recipe.place = type_place;
    recipe.callee = plugins::callee(available);
    resolved = {place, Table{}};
    resolved.table()->entries.push_back({"type", type_place, {type_place, available.name}});
    try {
      recipe.component = &catalogue_.component(available);
      const SettingList list = catalogue_.settings(available);
      recipe.values = settings(&table, place, path, list, {"type"}, *resolved.table(), &recipe);
    } catch (const Error& error) {
      complain(type_place, error.what());
    }
    return recipe;
  }

  std::map<std::string, Value> settings(const Table* table, const Place& place, const std::string& path,
                                        const SettingList& list, const std::vector<std::string>& other_keys, Table& resolved,
                                        ComponentRecipe* recipe) {
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

  Value checked(const Setting& setting, const Node& node, const std::string& name) {
    const std::optional<Value> value = value_of(node, setting.type());
    if (!value)
      complain_of_type(setting, node, name);
    else if (!setting.allows(*value))
      complain(node.place, fmt::format("{} is {}; expected {}", name, aviary::to_toml(*value), setting.range()));
    else
      return *value;
    return setting.fallback();
  }

  // Points at the element where it is one of a list that is wrong.
  void complain_of_type(const Setting& setting, const Node& node, const std::string& name) {
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

  void nested(const Setting& setting, const Entry& entry, const std::string& name, Table& resolved, ComponentRecipe& recipe) {
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
      components.push_back(component(setting.component_kind(), node, path, nodes.emplace_back()));
    }
    if (one) made = Node(std::move(std::get<std::vector<Node>>(made.value).front()));
    resolved.entries.push_back({setting.key(), entry.place, std::move(made)});
  }

  void complain_of_unknown_keys(const Table& table, const std::string& path, const SettingList& list,
                                const std::vector<std::string>& other_keys) {
    std::vector<std::string> known = other_keys;
    for (const Setting& setting : list.settings) known.push_back(setting.key());
    for (const Entry& entry : table.entries)
      if (std::ranges::count(known, entry.key) == 0)
        complain(entry.place, fmt::format("unknown key {}.{}{}", path, entry.key, suggestion(entry.key, known)));
  }

  void complain_of_rules(const Table* table, const Place& place, const std::string& path, const SettingList& list,
                         const Values& values) {
    for (const Rule& rule : list.rules) {
      if (rule.holds(values)) continue;
      const Entry* const entry = table == nullptr ? nullptr : table->find(rule.key);
      complain(entry == nullptr ? place : entry->node.place, fmt::format("{}.{} {}", path, rule.key, rule.message));
    }
  }

  plugins::Catalogue& catalogue_;
  std::vector<Complaint> complaints_;
};

std::string name_of(const std::filesystem::path& file) {
  const auto stem = file.parent_path() / file.stem();
  std::filesystem::path name;
  for (const auto& part : stem) name = part == "recipes" ? std::filesystem::path() : name / part;
  return file.is_absolute() && name.is_absolute() ? file.stem().string() : name.lexically_normal().string();
}

}  // namespace

Recipe resolve(Document document, plugins::Catalogue& catalogue) {
  Resolver resolver(catalogue);
  Recipe recipe;
  recipe.files = document.files;
  recipe.name = name_of(document.files.front());
  recipe.resolved = {document.root.place, Table{}};
  Table& root = *document.root.table();
  Table& resolved = *recipe.resolved.table();
  const Place top{document.files.front(), 1, 1};

  const std::vector<std::string> known = {"provenance", "data",     "model",      "optimizer", "scheduler",
                                          "augment",    "training", "checkpoint", "limits"};
  for (const Entry& entry : root.entries)
    if (std::ranges::count(known, entry.key) == 0)
      resolver.complain(entry.place, fmt::format("unknown key {}{}", entry.key, suggestion(entry.key, known)));

  const auto section = [&]<class Section>(Section& into, Table& parent, Table& out, const std::string& key,
                                          const std::string& path, const std::vector<std::string>& other_keys) -> Table* {
    Entry* const entry = parent.find(key);
    if (entry != nullptr && entry->node.table() == nullptr) {
      resolver.complain(entry->node.place, fmt::format("{} is {}; expected a table", path, type_name(entry->node)));
      return nullptr;
    }
    const Place place = entry == nullptr ? top : entry->node.place;
    Table table;
    into = resolver.section<Section>(entry == nullptr ? nullptr : entry->node.table(), place, path, other_keys, table);
    out.entries.push_back(
        {key, entry == nullptr ? Place{} : entry->place, {entry == nullptr ? Place{} : place, std::move(table)}});
    return out.entries.back().node.table();
  };
  const auto component = [&](ComponentRecipe& into, Kind kind, const std::string& key, const char* fallback) {
    Entry* const entry = root.find(key);
    Node node = entry == nullptr ? Node{{}, Table{{{"type", {}, {{}, std::string(fallback)}}}}} : std::move(entry->node);
    if (entry == nullptr && *fallback == '\0') {
      resolver.complain(top, fmt::format("[{0}] is missing; expected a table with the {0}'s type and settings", key));
      return;
    }
    Node out;
    into = resolver.component(kind, node, key, out);
    resolved.entries.push_back({key, node.place, std::move(out)});
  };

  if (Entry* const provenance = root.find("provenance"); provenance != nullptr) {
    Table* const out = section(recipe.provenance, root, resolved, "provenance", "provenance", {"published"});
    if (out != nullptr && provenance->node.table()->find("published") != nullptr)
      section(recipe.published, *provenance->node.table(), *out, "published", "provenance.published", {});
  }
  section(recipe.data, root, resolved, "data", "data", {});
  component(recipe.model, Kind::model, "model", "");
  component(recipe.optimizer, Kind::optimizer, "optimizer", "");
  component(recipe.scheduler, Kind::scheduler, "scheduler", "constant");
  if (Entry* const augment = root.find("augment")) {
    Node list{augment->node.place, std::vector<Node>{}};
    if (augment->node.list() == nullptr) {
      resolver.complain(augment->node.place, "augment is not a list of tables; write [[augment]] once for each augmentation");
    } else {
      for (const Node& node : *augment->node.list())
        recipe.augment.push_back(resolver.component(Kind::augmentation, node, fmt::format("augment[{}]", recipe.augment.size()),
                                                    std::get<std::vector<Node>>(list.value).emplace_back()));
    }
    resolved.entries.push_back({"augment", augment->place, std::move(list)});
  }
  section(recipe.training, root, resolved, "training", "training", {});
  section(recipe.checkpoint, root, resolved, "checkpoint", "checkpoint", {});
  if (root.find("limits") != nullptr) section(recipe.limits, root, resolved, "limits", "limits", {});
  resolver.finish();
  return recipe;
}

Recipe read_recipe(const std::string& name, const std::vector<std::string>& settings, plugins::Catalogue& catalogue) {
  Document document = read_document(find_recipe(name));
  override_values(document, settings);
  return resolve(std::move(document), catalogue);
}

}  // namespace aviary::recipe
