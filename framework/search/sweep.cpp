#include "search/sweep.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include <fmt/format.h>

#include <aviary/error.hpp>

#include "recipe/curriculum.hpp"
#include "recipe/resolver.hpp"

namespace fs = std::filesystem;

namespace aviary::search {
namespace {

using recipe::Complaint;
using recipe::Entry;
using recipe::Node;
using recipe::Place;

const Node* find(const Node& root, std::string_view key) {
  const Entry* const entry = root.table()->find(key);
  return entry == nullptr ? nullptr : &entry->node;
}

fs::path base_of(const Node& root, const Place& top) {
  const Node* const base = find(root, "base");
  if (base == nullptr || base->text() == nullptr)
    throw recipe::RecipeError({{base == nullptr ? top : base->place,
                                "base is missing; expected the file name of the recipe that is varied, as a text"}});
  // Relative to the file that names it, as in `extends`.
  fs::path file = (fs::path(base->place.file).parent_path() / *base->text()).lexically_normal();
  if (!fs::exists(file))
    throw recipe::RecipeError(
        {{base->place, fmt::format("base is \"{}\": there is no file {}", *base->text(), file.string())}});
  return file;
}

SweepSettings sweep_settings(const Node& root, const Place& top) {
  std::vector<Complaint> complaints;
  for (const Entry& entry : root.table()->entries)
    if (std::ranges::count(std::array{"base", "sweep", "space"}, entry.key) == 0)
      complaints.push_back(
          {entry.place, fmt::format("unknown key {}{}", entry.key, recipe::suggestion(entry.key, {"base", "sweep", "space"}))});
  if (!complaints.empty()) throw recipe::RecipeError(std::move(complaints));
  const Node* const table = find(root, "sweep");
  if (table != nullptr && table->table() == nullptr)
    throw recipe::RecipeError({{table->place, "sweep is no table; expected [sweep] with strategy, trials, seeds ..."}});
  plugins::Catalogue none({});
  recipe::Resolver resolver(none);
  recipe::Table resolved;
  auto settings = resolver.section<SweepSettings>(table == nullptr ? nullptr : table->table(),
                                                  table == nullptr ? top : table->place, "sweep", {}, resolved);
  resolver.finish();
  return settings;
}

std::vector<Point> grid(const std::vector<Dimension>& space) {
  std::vector<Point> points = {{}};
  for (const Dimension& dimension : space) {
    std::vector<Point> longer;
    for (const Point& point : points)
      for (std::size_t i = 0; i < *dimension.count(); ++i) {
        const Choice choice = dimension.at(i);
        longer.push_back(point);
        longer.back().labels.push_back(choice.label);
        longer.back().values.push_back({dimension.key, dimension.place, choice.value});
      }
    points = std::move(longer);
  }
  return points;
}

// No point twice; fewer where the space has no more. Point n does not depend on how many there are.
std::vector<Point> drawn(const std::vector<Dimension>& space, const SweepSettings& settings) {
  constexpr std::uint64_t purpose = 0x5377656570;  // "Sweep"
  constexpr std::uint64_t tries = 1000;
  std::vector<Point> points;
  std::set<std::vector<std::string>> known;
  for (std::int64_t number = 0; number < settings.trials; ++number) {
    for (std::uint64_t attempt = 0; std::ssize(points) == number && attempt < tries; ++attempt) {
      Rng rng(static_cast<std::uint64_t>(settings.seed), {purpose, static_cast<std::uint64_t>(number), attempt});
      Point point;
      for (const Dimension& dimension : space) {
        const Choice choice = dimension.draw(rng);
        point.labels.push_back(choice.label);
        point.values.push_back({dimension.key, dimension.place, choice.value});
      }
      if (known.insert(point.labels).second) points.push_back(std::move(point));
    }
    if (std::ssize(points) == number) break;
  }
  return points;
}

// Each value alone, in the recipe as it is otherwise.
void check_values(const Sweep& sweep, const std::vector<Dimension>& space, const std::vector<std::string>& settings,
                  plugins::Catalogue& catalogue) {
  std::set<Complaint> complaints;
  const auto check = [&](const Point& point) {
    try {
      recipe_of(sweep, point, settings, catalogue);
    } catch (const recipe::RecipeError& error) {
      complaints.insert(error.complaints().begin(), error.complaints().end());
    }
  };
  check({});
  if (complaints.empty())
    for (const Dimension& dimension : space)
      for (const Choice& choice : dimension.corners())
        check({{choice.label}, {{dimension.key, dimension.place, choice.value}}});
  if (!complaints.empty()) throw recipe::RecipeError({complaints.begin(), complaints.end()});
}

void list_values(const Node& node, const std::string& key, std::vector<Entry>& into) {
  if (node.table() == nullptr) return into.push_back({key, node.place, {node.place, recipe::inline_toml(node)}});
  for (const Entry& entry : node.table()->entries)
    list_values(entry.node, key.empty() ? entry.key : key + '.' + entry.key, into);
}

Sweep ablation(const recipe::Recipe& recipe, std::int64_t seeds, const std::string& what) {
  Sweep sweep{.name = recipe.name, .base = recipe.files.front(), .settings = {.strategy = "grid", .seeds = seeds}};
  sweep.keys = {"left out"};
  sweep.points = {{{"nothing"}, {}}};
  const Place place{recipe.files.front(), 1, 1};
  sweep.written = {{"ablate", place, {place, what}}, {"seeds", place, {place, std::to_string(seeds)}}};
  return sweep;
}

}  // namespace

void SweepSettings::declare(ParamList<SweepSettings>& list) {
  list.add("strategy", &SweepSettings::strategy,
           "grid: all combinations; random: drawn; asha: drawn, and most are stopped early (arXiv:1810.05934)")
      .one_of({"grid", "random", "asha"});
  list.add("trials", &SweepSettings::trials, "points that are drawn").at_least(1).at_most(100'000);
  list.add("seeds", &SweepSettings::seeds, "trainings of each point, with training.seed and the numbers after it")
      .at_least(1)
      .at_most(1000);
  list.add("seed", &SweepSettings::seed, "of the points that are drawn").at_least(0);
  list.add("metric", &SweepSettings::metric, "what points are ranked by, in place of the recipe's training.metric");
  list.add("min_epochs", &SweepSettings::min_epochs, "asha: after so many epochs the first are stopped").at_least(1);
  list.add("reduction", &SweepSettings::reduction, "asha: one in so many goes on, for so many times the epochs").at_least(2);
  list.rule(
      "seeds", [](const SweepSettings& sweep) { return sweep.strategy != "asha" || sweep.seeds == 1; },
      "is above 1, but asha compares points while they train, at one seed");
}

bool is_sweep(const fs::path& file) {
  try {
    const recipe::Document document = recipe::read_document(file);
    return find(document.root, "space") != nullptr || find(document.root, "base") != nullptr;
  } catch (const Error&) {
    return false;
  }
}

Sweep read_sweep(const fs::path& file, const std::vector<std::string>& settings, const std::optional<std::int64_t>& trials,
                 plugins::Catalogue& catalogue) {
  const recipe::Document document = recipe::read_document(file);
  const Node& root = document.root;
  const Place top{file.string(), 1, 1};
  Sweep sweep{.name = file.stem().string(), .base = base_of(root, top), .settings = sweep_settings(root, top)};
  if (trials) sweep.settings.trials = *trials;
  const Node* const space_table = find(root, "space");
  const std::vector<Dimension> space = read_space(space_table == nullptr ? Node{top, recipe::Table{}} : *space_table);
  const bool counted = sweep.settings.strategy == "grid";
  std::vector<Complaint> complaints;
  for (const Dimension& dimension : space) {
    sweep.keys.push_back(dimension.key);
    if (counted && !dimension.count())
      complaints.push_back({dimension.place, fmt::format("space.{} has more values than can be counted; strategy = \"grid\" "
                                                         "takes choice and int",
                                                         dimension.key)});
  }
  if (!complaints.empty()) throw recipe::RecipeError(std::move(complaints));
  if (sweep.settings.metric) {
    const Place place = find(*find(root, "sweep"), "metric")->place;
    sweep.set.push_back({"training.metric", place, {place, *sweep.settings.metric}});
  }
  check_values(sweep, space, settings, catalogue);
  sweep.points = counted ? grid(space) : drawn(space, sweep.settings);
  sweep.written = list_values(root, "");
  std::erase_if(sweep.written, [](const Entry& entry) { return entry.key == "sweep.trials"; });
  return sweep;
}

Sweep without_augmentations(const recipe::Recipe& recipe, std::int64_t after, std::int64_t seeds) {
  if (recipe.augment.empty())
    throw Error(fmt::format("{} has no [[augment]] that could be left out; --tables leaves out others", recipe.name),
                Fault::usage);
  const Node& augment = *find(recipe.resolved, "augment");
  // Up to that epoch the phases keep the whole list, as their own.
  std::vector<Node> phases;
  std::int64_t left = after;
  for (std::size_t i = 0; i < recipe.curriculum.size(); ++i) {
    const recipe::Phase& phase = recipe.curriculum[i];
    Node node{augment.place, recipe::Table{}};
    if (const Node* const written = find(recipe.resolved, "curriculum")) node = std::get<std::vector<Node>>(written->value)[i];
    const std::int64_t epochs = phase.epochs == 0 ? recipe.training.epochs : phase.epochs;
    const std::int64_t before = std::min(left, epochs);
    left -= before;
    const auto add = [&](std::int64_t count, bool first) {
      Node part = node;
      const bool whole = first && phase.strength == 1 && !phase.augment;
      auto& entries = part.table()->entries;
      if (Entry* const pattern = part.table()->find("pattern"); pattern != nullptr && !first) {
        std::string turned = phase.pattern;
        std::rotate(turned.begin(), turned.begin() + static_cast<std::ptrdiff_t>(before % std::ssize(turned)), turned.end());
        pattern->node.value = turned;
      }
      std::erase_if(entries, [&](const Entry& entry) { return entry.key == "epochs" || (whole && entry.key == "augment"); });
      if (count > 0) entries.push_back({"epochs", augment.place, {augment.place, count}});
      if (whole) entries.push_back({"augment", augment.place, augment});
      phases.push_back(std::move(part));
    };
    if (before > 0 && phase.strength > 0 && phase.strength < 1)
      throw Error(fmt::format("{} draws augmentations at a share of their probability within its first {} epochs, which all "
                              "trainings have in common; expected true or false there, or an earlier --from-epoch",
                              recipe.name, after),
                  Fault::usage);
    if (before > 0) add(before, true);
    if (before < epochs) add(phase.epochs == 0 ? 0 : epochs - before, false);
  }
  Sweep sweep = ablation(recipe, seeds, fmt::format("augmentations after epoch {}", after));
  const auto& all = *augment.list();
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::vector<Node> others = all;
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
    sweep.points.push_back({{recipe.augment[i].type},
                            {{"augment", augment.place, {augment.place, std::move(others)}},
                             {"curriculum", augment.place, {augment.place, phases}}}});
  }
  return sweep;
}

Sweep without_tables(const recipe::Recipe& recipe, std::int64_t seeds) {
  Sweep sweep = ablation(recipe, seeds, "tables");
  for (const std::string& table : recipe::dispensable_tables()) {
    const Entry* const entry = recipe.resolved.table()->find(table);
    if (entry == nullptr || entry->place.is_default()) continue;
    sweep.points.push_back({{table}, {{table, entry->place, {entry->place, false}}}});
  }
  if (sweep.points.size() == 1) throw Error(fmt::format("{} has no table that could be left out", recipe.name), Fault::usage);
  return sweep;
}

recipe::Recipe recipe_of(const Sweep& sweep, const Point& point, const std::vector<std::string>& settings,
                         plugins::Catalogue& catalogue) {
  recipe::Document document = recipe::read_document(sweep.base);
  recipe::override_values(document, settings);
  std::vector<Entry> values = sweep.set;
  values.insert(values.end(), point.values.begin(), point.values.end());
  recipe::merge_values(document, std::move(values));
  return recipe::resolve(std::move(document), catalogue);
}

std::vector<Entry> list_values(const Node& root, const std::string& prefix) {
  std::vector<Entry> values;
  list_values(root, prefix, values);
  return values;
}

std::vector<std::string> settings_of(const Sweep& sweep, const Point& point) {
  std::vector<std::string> settings;
  for (const auto* const values : {&sweep.set, &point.values})
    for (const Entry& entry : *values) settings.push_back(entry.key + '=' + recipe::inline_toml(entry.node));
  return settings;
}

}  // namespace aviary::search
