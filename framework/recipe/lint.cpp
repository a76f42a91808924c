#include "recipe/lint.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <string_view>
#include <variant>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "recipe/schedule.hpp"

namespace aviary::recipe {
namespace {

struct Found {
  Place place;
  std::string message;
  std::string remedy;
};

using Findings = std::vector<Found>;

std::optional<double> number(const ComponentRecipe& component, const std::string& key) {
  const auto found = component.values.find(key);
  if (found == component.values.end()) return std::nullopt;
  if (const auto* const whole = std::get_if<std::int64_t>(&found->second)) return static_cast<double>(*whole);
  if (const auto* const value = std::get_if<double>(&found->second)) return *value;
  return std::nullopt;
}

Place place_of(const Recipe& recipe, std::string_view key) { return place_at(recipe.resolved, key); }

// The optimizer that takes the steps, and its key: SAM wraps one.
std::pair<const ComponentRecipe*, std::string> stepper(const Recipe& recipe) {
  const auto base = recipe.optimizer.components.find("base");
  if (base == recipe.optimizer.components.end()) return {&recipe.optimizer, "optimizer"};
  return {&base->second.front(), "optimizer.base"};
}

void visit(const std::vector<ComponentRecipe>& components, const std::function<void(const ComponentRecipe&)>& visitor) {
  for (const ComponentRecipe& component : components) {
    visitor(component);
    for (const auto& [key, inner] : component.components) visit(inner, visitor);
  }
}

// "1, 10 and 26": epochs as people count them.
std::string listed(const std::vector<std::int64_t>& epochs) {
  constexpr std::size_t most = 6;
  std::vector<std::string> texts;
  for (const std::int64_t epoch : epochs) texts.push_back(std::to_string(epoch));
  if (texts.size() > most) {
    const std::string more = fmt::format("{} more", texts.size() - most);
    texts.resize(most);
    texts.push_back(more);
  }
  const std::string last = texts.back();
  texts.pop_back();
  return texts.empty() ? last : fmt::format("{} and {}", fmt::join(texts, ", "), last);
}

Findings adam_rate(const Recipe& recipe) {
  constexpr std::array adams = {"adam", "adamw", "nadam", "adan"};
  const auto [optimizer, key] = stepper(recipe);
  if (std::ranges::count(adams, optimizer->type) == 0) return {};
  const double highest = std::ranges::max(rates_without_progress(recipe));
  if (highest <= 0.01) return {};
  return {
      {place_of(recipe, key + ".lr"),
       fmt::format("{0} moves every weight by about its learning rate a step, and that reaches {1:g}, {2:g} times the usual "
                   "0.001",
                   optimizer->type, highest, highest / 0.001),
       "0.001 to 0.003 is usual"}};
}

Findings zero_rate(const Recipe& recipe) {
  std::vector<std::int64_t> epochs;
  const std::vector<double> rates = rates_without_progress(recipe);
  for (std::size_t epoch = 0; epoch < rates.size(); ++epoch)
    if (rates[epoch] == 0) epochs.push_back(static_cast<std::int64_t>(epoch) + 1);
  if (epochs.empty()) return {};
  return {{recipe.scheduler.place,
           fmt::format("the learning rate is 0 in epoch{} {}: nothing is trained there", epochs.size() > 1 ? "s" : "",
                       listed(epochs)),
           recipe.scheduler.type == "cosine_warmup_restarts" ? "every cycle starts at optimizer.lr: set that above 0"
                                                             : "let the schedule end above 0"}};
}

Findings unfinished_cycle(const Recipe& recipe) {
  if (recipe.scheduler.type != "cosine_warmup_restarts") return {};
  const double warm_up = number(recipe.scheduler, "T_up").value_or(0);
  const double factor = number(recipe.scheduler, "T_mult").value_or(1);
  double length = number(recipe.scheduler, "T_0").value_or(1);
  std::vector<std::int64_t> ends;
  for (double end = length; ends.empty() || ends.back() < recipe.training.epochs; end += length) {
    ends.push_back(static_cast<std::int64_t>(end));
    length = (length - warm_up) * factor + warm_up;
  }
  if (ends.back() == recipe.training.epochs) return {};
  return {{recipe.scheduler.place,
           fmt::format("cycles end with epoch {}, the training with epoch {}: within a cycle, where the rate is still high",
                       listed(ends), recipe.training.epochs),
           fmt::format("training.epochs = {}, or another T_0", ends.size() > 1 ? ends[ends.size() - 2] : ends.back())}};
}

Findings low_peak(const Recipe& recipe) {
  const std::optional<double> peak = number(recipe.scheduler, "eta_max");
  const auto [optimizer, key] = stepper(recipe);
  const std::optional<double> base = number(*optimizer, "lr");
  if (!peak || !base || *peak > *base) return {};
  return {{place_of(recipe, "scheduler.eta_max"),
           fmt::format("the peak of {:g} is not above {}.lr, {:g}: the warm-up {}", *peak, key, *base,
                       *peak == *base ? "and the first cycle are flat" : "goes down"),
           fmt::format("lower {}.lr: it is what cycles start from", key)}};
}

Findings little_signal(const Recipe& recipe) {
  const double dropout = number(recipe.model, "dropout").value_or(0);
  const std::string key = recipe.model.values.contains("drop_connect") ? "drop_connect" : "drop_path";
  const double branches = number(recipe.model, key).value_or(0);
  if (branches == 0 || (1 - dropout) * (1 - branches) >= 0.2) return {};
  return {
      {place_of(recipe, "model.dropout"),
       fmt::format("dropout {:g} with {} {:g} lets {:.2g} of the signal through the last block to the classifier: too little "
                   "to fit the training data",
                   dropout, key, branches, (1 - dropout) * (1 - branches)),
       fmt::format("dropout and {} of 0.2 are usual", key)}};
}

Findings vertical_flip(const Recipe& recipe) {
  Findings findings;
  const auto look = [&](const ComponentRecipe& augmentation) {
    if (augmentation.type == "vertical_flip" && number(augmentation, "probability") != 0.0)
      findings.push_back({augmentation.place,
                          "vertical_flip turns pictures upside down, which photographs to be recognised seldom are",
                          "leave it out"});
  };
  visit(recipe.augment, look);
  for (const Phase& phase : recipe.curriculum)
    if (phase.augment) visit(*phase.augment, look);
  return findings;
}

Findings small_batch_statistics(const Recipe& recipe) {
  if (recipe.gradient.accumulate == 1 || recipe.data.batch_size > 16) return {};
  return {{place_of(recipe, "gradient.accumulate"),
           fmt::format("batch norm sees {} pictures at a time, however many batches make a step", recipe.data.batch_size),
           "a larger data.batch_size, where it fits into memory"}};
}

Findings sam_without_weight_decay(const Recipe& recipe) {
  if (recipe.optimizer.type != "sam") return {};
  const auto [base, key] = stepper(recipe);
  if (number(*base, "weight_decay") != 0.0) return {};
  return {{recipe.optimizer.place,
           fmt::format("sam around {} without weight decay; its results were published with it", base->type),
           fmt::format("{}.weight_decay = 5e-4 is usual", key)}};
}

Findings idle_plateau(const Recipe& recipe) {
  const double patience = number(recipe.scheduler, "patience").value_or(0);
  if (recipe.scheduler.type != "plateau" || patience + 1 < static_cast<double>(recipe.training.epochs)) return {};
  return {{place_of(recipe, "scheduler.patience"),
           fmt::format("a patience of {:g} epochs never ends within {} epochs: the rate stays as it is", patience,
                       recipe.training.epochs),
           "a patience of a tenth of the epochs"}};
}

struct LintRule {
  const char* name;
  Findings (*find)(const Recipe&);
};

constexpr std::array<LintRule, 9> rules = {{{"adam_rate", adam_rate},
                                            {"zero_rate", zero_rate},
                                            {"unfinished_cycle", unfinished_cycle},
                                            {"low_peak", low_peak},
                                            {"little_signal", little_signal},
                                            {"vertical_flip", vertical_flip},
                                            {"small_batch_statistics", small_batch_statistics},
                                            {"sam_without_weight_decay", sam_without_weight_decay},
                                            {"idle_plateau", idle_plateau}}};

constexpr const char* small_validation = "small_validation";

}  // namespace

std::vector<Warning> lint(const Recipe& recipe, std::optional<std::int64_t> validation_pictures) {
  std::vector<Warning> warnings;
  const auto add = [&](const std::string& rule, Findings findings) {
    if (recipe.silenced.contains(rule)) return;
    for (Found& found : findings)
      warnings.push_back({rule, {std::move(found.place), std::move(found.message)}, std::move(found.remedy)});
  };
  for (const LintRule& rule : rules) add(rule.name, rule.find(recipe));
  if (validation_pictures && *validation_pictures < 2)
    add(small_validation, {{place_of(recipe, "data.validation_fraction"),
                            fmt::format("a class has {} in the validation part, which says nothing of it",
                                        *validation_pictures == 1 ? "a single picture" : "no picture"),
                            "a larger data.validation_fraction"}});
  return warnings;
}

std::vector<std::string> lint_rules() {
  std::vector<std::string> names = {small_validation};
  for (const LintRule& rule : rules) names.emplace_back(rule.name);
  return names;
}

}  // namespace aviary::recipe
