#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "recipe/augment.hpp"
#include "recipe/curriculum.hpp"
#include "recipe/lint.hpp"
#include "recipe/own_tables.hpp"
#include "recipe/recipe.hpp"
#include "recipe/resolver.hpp"
#include "recipe/schedule.hpp"
#include "recipe/values.hpp"

namespace aviary::recipe {
namespace {

std::string name_of(const std::filesystem::path& file) {
  const auto stem = file.parent_path() / file.stem();
  std::filesystem::path name;
  for (const auto& part : stem) name = part == "recipes" ? std::filesystem::path() : name / part;
  return file.is_absolute() && name.is_absolute() ? file.stem().string() : name.lexically_normal().string();
}

// Reads the tables of one document, in the order in which they are shown.
class Reader {
 public:
  Reader(Document document, plugins::Catalogue& catalogue)
      : resolver_(catalogue), root_(std::move(document.root)), top_{document.files.front(), 1, 1} {
    recipe_.name = name_of(document.files.front());
    recipe_.files = std::move(document.files);
    recipe_.resolved = {root_.place, Table{}};
    std::erase_if(root().entries, [](const Entry& entry) {
      const bool* const on = std::get_if<bool>(&entry.node.value);
      return on != nullptr && !*on && std::ranges::count(dispensable_tables(), entry.key) > 0;
    });
  }

  Recipe read() {
    complain_of_unknown_tables();
    provenance();
    silenced();
    section(recipe_.data, "data");
    component(recipe_.model, Kind::model, "model", "");
    start();
    component(recipe_.optimizer, Kind::optimizer, "optimizer", "");
    decay();
    component(recipe_.scheduler, Kind::scheduler, "scheduler", "constant");
    augment();
    devices();
    curriculum();
    section(recipe_.training, "training");
    section(recipe_.loss, "loss");
    section(recipe_.gradient, "gradient");
    if (root().find("ema") != nullptr) section(recipe_.ema.emplace(), "ema");
    if (root().find("swa") != nullptr) section(recipe_.swa.emplace(), "swa");
    if (root().find("early_stopping") != nullptr) section(recipe_.early_stopping.emplace(), "early_stopping");
    section(recipe_.checkpoint, "checkpoint");
    log();
    if (root().find("limits") != nullptr) section(recipe_.limits, "limits");
    metrics();
    swa_epochs();
    resolver_.finish();
    fit_schedule();
    fit_curriculum();
    for (const Complaint& complaint : augment_complaints(recipe_)) resolver_.complain(complaint.place, complaint.message);
    resolver_.finish();
    return std::move(recipe_);
  }

 private:
  Table& root() { return *root_.table(); }
  Table& resolved() { return *recipe_.resolved.table(); }

  void complain_of_unknown_tables() {
    std::vector<std::string> known = {"lint", "scheduler", "augment", "curriculum"};
    for (const auto& [table, list] : own_tables())
      if (table.find('.') == std::string::npos) known.push_back(table);
    for (const Entry& entry : root().entries)
      if (std::ranges::count(known, entry.key) == 0)
        resolver_.complain(entry.place, fmt::format("unknown key {}{}", entry.key, suggestion(entry.key, known)));
  }

  // The table `key` of `parent` into `into` and `out`; where it went in `out`, or null.
  template <class Section>
  Table* section(Section& into, Table& parent, Table& out, const std::string& key, const std::string& path,
                 const std::vector<std::string>& other_keys) {
    Entry* const entry = parent.find(key);
    if (entry != nullptr && entry->node.table() == nullptr) {
      resolver_.complain(entry->node.place, fmt::format("{} is {}; expected a table", path, type_name(entry->node)));
      return nullptr;
    }
    const Place place = entry == nullptr ? top_ : entry->node.place;
    Table table;
    into = resolver_.section<Section>(entry == nullptr ? nullptr : entry->node.table(), place, path, other_keys, table);
    out.entries.push_back(
        {key, entry == nullptr ? Place{} : entry->place, {entry == nullptr ? Place{} : place, std::move(table)}});
    return out.entries.back().node.table();
  }

  template <class Section>
  void section(Section& into, const std::string& key) {
    section(into, root(), resolved(), key, key, {});
  }

  void component(ComponentRecipe& into, Kind kind, const std::string& key, const char* fallback) {
    const Entry* const entry = root().find(key);
    if (entry == nullptr && *fallback == '\0') {
      resolver_.complain(top_, fmt::format("[{0}] is missing; expected a table with the {0}'s type and settings", key));
      return;
    }
    const Node node = entry == nullptr ? Node{{}, Table{{{"type", {}, {{}, std::string(fallback)}}}}} : entry->node;
    Node out;
    into = resolver_.component(kind, node, key, out);
    resolved().entries.push_back({key, node.place, std::move(out)});
  }

  // The list of tables `key` of `parent`; as resolved it goes to `out`.
  std::vector<ComponentRecipe> components(Kind kind, const Table& parent, Table& out, const std::string& key,
                                          const std::string& path) {
    const Entry* const entry = parent.find(key);
    if (entry == nullptr) return {};
    std::vector<ComponentRecipe> components;
    Node list{entry->node.place, std::vector<Node>{}};
    if (entry->node.list() == nullptr)
      resolver_.complain(entry->node.place,
                         fmt::format("{0} is not a list of tables; write [[{0}]] once for each {1}", path, to_string(kind)));
    else
      components = resolver_.components(kind, entry->node, path, list);
    out.entries.push_back({key, entry->place, std::move(list)});
    return components;
  }

  void log() {
    const Entry* const entry = root().find("log");
    if (entry == nullptr) return;
    Table* const out = section(recipe_.log, root(), resolved(), "log", "log", {"plugins"});
    if (out != nullptr) recipe_.sinks = components(Kind::sink, *entry->node.table(), *out, "plugins", "log.plugins");
  }

  void provenance() {
    Entry* const entry = root().find("provenance");
    if (entry == nullptr) return;
    Table* const out = section(recipe_.provenance, root(), resolved(), "provenance", "provenance", {"published"});
    if (out != nullptr && entry->node.table()->find("published") != nullptr)
      section(recipe_.published, *entry->node.table(), *out, "published", "provenance.published", {});
  }

  void silenced() {
    const Entry* const lint = root().find("lint");
    if (lint == nullptr) return;
    if (lint->node.table() == nullptr)
      return resolver_.complain(lint->node.place, fmt::format("lint is {}; expected a table", type_name(lint->node)));
    for (const auto& [rule, place, reason] : lint->node.table()->entries) {
      if (std::ranges::count(lint_rules(), rule) == 0)
        resolver_.complain(place, fmt::format("unknown key lint.{}{}", rule, suggestion(rule, lint_rules())));
      else if (reason.text() == nullptr || reason.text()->empty())
        resolver_.complain(reason.place, fmt::format("lint.{} is {}; expected the reason why the rule is silenced, as a text",
                                                     rule, reason.text() == nullptr ? type_name(reason) : "empty"));
      else
        recipe_.silenced[rule] = *reason.text();
    }
    resolved().entries.push_back(*lint);
  }

  void start() {
    if (recipe_.model.component == nullptr) return;
    Values values;
    values.plain = recipe_.model.values;
    recipe_.start = ParamList<Start>().read(values);
    const Entry* const factors = root().find("model")->node.table()->find("lr_factors");
    if (factors == nullptr) return;
    recipe_.start.lr_factors = resolver_.factors(*factors, "model.lr_factors");
    resolved().find("model")->node.table()->entries.push_back(*factors);
  }

  // The place of a value that a table holds, or of the table.
  Place place_of(const std::string& table, const std::string& key) {
    const Entry* const entry = root().find(table);
    if (entry == nullptr || entry->node.table() == nullptr) return top_;
    const Entry* const value = entry->node.table()->find(key);
    return value == nullptr ? entry->node.place : value->node.place;
  }

  void metrics() {
    const auto check = [&](const std::string& table, const std::string& metric) {
      if (metric.starts_with("ema.") && !recipe_.ema)
        resolver_.complain(place_of(table, "metric"), fmt::format("{}.metric is \"{}\", but there is no [ema]", table, metric));
    };
    check("training", recipe_.training.metric);
    if (recipe_.early_stopping && recipe_.early_stopping->metric) check("early_stopping", *recipe_.early_stopping->metric);
  }

  void swa_epochs() {
    if (recipe_.swa && recipe_.swa->epochs > recipe_.training.epochs)
      resolver_.complain(place_of("swa", "epochs"), fmt::format("swa.epochs is {}, but the training has {} epochs",
                                                                recipe_.swa->epochs, recipe_.training.epochs));
  }

  void decay() {
    if (recipe_.optimizer.component == nullptr) return;
    Values values;
    values.plain = recipe_.optimizer.values;
    recipe_.decay = ParamList<Decay>().read(values);
  }

  void augment() { recipe_.augment = components(Kind::augmentation, root(), resolved(), "augment", "augment"); }

  void devices() {
    if (recipe_.data.augment_on == "device")
      recipe_.augmenter = resolver_.only(Kind::augmenter, place_of("data", "augment_on"), "data.augment_on = \"device\"");
    if (recipe_.data.decode_on == "device")
      recipe_.decoder = resolver_.only(Kind::decoder, place_of("data", "decode_on"), "data.decode_on = \"device\"");
  }

  void curriculum() {
    const Entry* const curriculum = root().find("curriculum");
    if (curriculum == nullptr) {
      recipe_.curriculum = {{.epoch_fraction = recipe_.data.epoch_fraction}};
      return;
    }
    Node list;
    recipe_.curriculum = read_phases(curriculum->node, recipe_.data, resolver_, list);
    resolved().entries.push_back({"curriculum", curriculum->place, std::move(list)});
  }

  // As for the schedule: where the command line gives the epochs, phases end with the training.
  void fit_curriculum() {
    const std::int64_t epochs = recipe_.training.epochs;
    if (add_up(recipe_.curriculum, epochs)) return;
    const Place place = recipe_.curriculum.back().place;
    const std::string misfit = recipe::misfit(recipe_.curriculum, epochs);
    if (!command_line_gives_epochs())
      return resolver_.complain(place, misfit + "; the last phase may leave its epochs out, and takes the rest");
    cut(recipe_.curriculum, epochs, resolved().find("curriculum")->node, epochs_place());
    const Phase& last = recipe_.curriculum.back();
    recipe_.warnings.push_back(
        {place, fmt::format("{}; it ends with {} epochs of phase {}", misfit, last.epochs, recipe_.curriculum.size())});
  }

  const Place& epochs_place() { return resolved().find("training")->node.table()->find("epochs")->node.place; }
  bool command_line_gives_epochs() { return !epochs_place().is_default() && epochs_place().line == 0; }

  void fit_schedule() {
    try {
      const SchedulerContext context = scheduler_context(recipe_.training);
      for (const Misfit& misfit : misfits(recipe_.scheduler, context)) complain_or_cut(misfit);
    } catch (const Error& error) {
      resolver_.complain(recipe_.scheduler.place, error.what());
    }
  }

  // A recipe as it is written must fit; where the command line gives the epochs, what lies past the end is cut.
  void complain_or_cut(const Misfit& misfit) {
    Node& table = resolved().find("scheduler")->node;
    const Complaint complaint = complaint_of(misfit, table);
    if (misfit.cut.empty() || !command_line_gives_epochs()) return resolver_.complain(complaint.place, complaint.message);
    std::string list;
    Node cut = table;
    for (const auto& [key, value] : misfit.cut) {
      node_at(cut, key) = node_of(value, epochs_place());
      list += fmt::format("{}scheduler.{} = {}", list.empty() ? "" : ", ", key, aviary::to_toml(value));
    }
    recipe_.scheduler = resolver_.component(Kind::scheduler, cut, "scheduler", table);
    recipe_.warnings.push_back({complaint.place, fmt::format("{}; cut to {}", complaint.message, list)});
  }

  Resolver resolver_;
  Node root_;
  Place top_;
  Recipe recipe_;
};

}  // namespace

const std::vector<std::string>& dispensable_tables() {
  static const std::vector<std::string> tables = {"scheduler", "augment", "curriculum",     "loss", "gradient",
                                                  "ema",       "swa",     "early_stopping", "log"};
  return tables;
}

Recipe resolve(Document document, plugins::Catalogue& catalogue) { return Reader(std::move(document), catalogue).read(); }

ComponentRecipe read_component(Kind kind, const Node& node, plugins::Catalogue& catalogue) {
  Resolver resolver(catalogue);
  Node resolved;
  ComponentRecipe component = resolver.component(kind, node, std::string(to_string(kind)), resolved);
  resolver.finish();
  return component;
}

Recipe read_recipe(const std::string& name, const std::vector<std::string>& settings, plugins::Catalogue& catalogue) {
  Document document = read_document(find_recipe(name));
  override_values(document, settings);
  return resolve(std::move(document), catalogue);
}

}  // namespace aviary::recipe
