#include "recipe/curriculum.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "recipe/values.hpp"

namespace aviary::recipe {
namespace {

// Of all that say how many they have.
std::int64_t epochs_of(const std::vector<Phase>& phases) {
  std::int64_t epochs = 0;
  for (const Phase& phase : phases) epochs += phase.epochs;
  return epochs;
}

// The share of its augmentations that a phase has, where `augment` says only that.
std::optional<double> strength_of(const Node& augment) {
  if (const bool* const on = std::get_if<bool>(&augment.value)) return *on ? 1 : 0;
  const std::optional<Value> share = value_of(augment, Type::number);
  if (!share || std::get<double>(*share) < 0 || std::get<double>(*share) > 1) return std::nullopt;
  return std::get<double>(*share);
}

void read_augment(const Entry& entry, const std::string& path, Resolver& resolver, Phase& phase, Table& resolved) {
  const Node& augment = entry.node;
  Node out = augment;
  if (augment.list() != nullptr) {
    phase.augment = resolver.components(Kind::augmentation, augment, path, out);
  } else if (const std::optional<double> strength = strength_of(augment)) {
    phase.strength = *strength;
  } else {
    const bool number = value_of(augment, Type::number).has_value();
    resolver.complain(augment.place,
                      fmt::format("{} is {}; expected true, false, a number, 0 to 1 (how often each augmentation is drawn, of "
                                  "its own probability), or a list of tables (in place of the recipe's)",
                                  path, number ? inline_toml(augment) : type_name(augment)));
  }
  resolved.entries.push_back({entry.key, entry.place, std::move(out)});
}

Phase read_phase(const Node& node, const std::string& path, const Data& data, Resolver& resolver, Node& resolved) {
  Phase phase{.place = node.place, .epoch_fraction = data.epoch_fraction};
  if (node.table() == nullptr) {
    resolver.complain(node.place, fmt::format("{} is {}; expected a table", path, type_name(node)));
    return phase;
  }
  resolved = {node.place, Table{}};
  const auto settings = resolver.section<PhaseSettings>(node.table(), node.place, path, {"augment"}, *resolved.table());
  phase.epochs = settings.epochs.value_or(0);
  phase.epoch_fraction = settings.epoch_fraction.value_or(data.epoch_fraction);
  phase.pattern = settings.pattern.value_or(phase.pattern);
  const Entry all{"augment", {}, {{}, true}};
  const Entry* const augment = node.table()->find("augment");
  read_augment(augment == nullptr ? all : *augment, path + ".augment", resolver, phase, *resolved.table());
  const bool plain = phase.strength == 0 || (phase.augment && phase.augment->empty());
  if (const Entry* const pattern = node.table()->find("pattern"); pattern != nullptr && plain)
    resolver.complain(pattern->node.place, fmt::format("{}.pattern alternates plain and augmented epochs, but nothing is "
                                                       "augmented in this phase",
                                                       path));
  return phase;
}

}  // namespace

bool Phase::augmented(std::int64_t epoch) const {
  return strength > 0 && pattern[static_cast<std::size_t>(epoch) % pattern.size()] == 'A';
}

std::vector<Phase> read_phases(const Node& curriculum, const Data& data, Resolver& resolver, Node& resolved) {
  std::vector<Phase> phases;
  resolved = {curriculum.place, std::vector<Node>{}};
  if (curriculum.list() == nullptr || curriculum.list()->empty()) {
    resolver.complain(curriculum.place, "curriculum is not a list of tables; write [[curriculum]] once for each phase");
    return phases;
  }
  for (const Node& node : *curriculum.list()) {
    const std::string path = fmt::format("curriculum[{}]", phases.size());
    phases.push_back(read_phase(node, path, data, resolver, std::get<std::vector<Node>>(resolved.value).emplace_back()));
    const bool last = &node == &curriculum.list()->back();
    if (!last && node.table() != nullptr && node.table()->find("epochs") == nullptr)
      resolver.complain(node.place, path + ".epochs is missing; only the last phase may leave it out");
  }
  return phases;
}

bool add_up(const std::vector<Phase>& phases, std::int64_t epochs) {
  return phases.back().epochs == 0 ? epochs_of(phases) < epochs : epochs_of(phases) == epochs;
}

std::string misfit(const std::vector<Phase>& phases, std::int64_t epochs) {
  return fmt::format("[[curriculum]] has {} epochs{}, the training has {}", epochs_of(phases),
                     phases.back().epochs == 0 ? " before its last phase" : "", epochs);
}

void cut(std::vector<Phase>& phases, std::int64_t epochs, Node& resolved, const Place& place) {
  auto& nodes = std::get<std::vector<Node>>(resolved.value);
  std::size_t count = 0;
  for (std::int64_t left = epochs; count < phases.size() && left > 0; ++count) {
    Phase& phase = phases[count];
    const bool last = phase.epochs == 0 || phase.epochs >= left || count + 1 == phases.size();
    const std::int64_t kept = last ? left : phase.epochs;
    left -= kept;
    if (kept == phase.epochs) continue;
    if (Entry* const written = nodes[count].table()->find("epochs")) written->node = {place, kept};
    phase.epochs = kept;
  }
  phases.resize(count);
  nodes.resize(count);
}

PhaseEpoch phase_epoch(const std::vector<Phase>& phases, std::int64_t epoch) {
  std::size_t phase = 0;
  while (phase + 1 < phases.size() && epoch >= phases[phase].epochs) epoch -= phases[phase++].epochs;
  return {phase, epoch};
}

}  // namespace aviary::recipe
