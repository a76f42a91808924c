#include "weights/model_state.hpp"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include <c10/core/GradMode.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <aviary/error.hpp>
#include <aviary/model.hpp>

namespace fs = std::filesystem;

namespace aviary::weights {
namespace {

using Names = std::vector<std::string>;

std::string some_of(const Names& names) {
  constexpr std::size_t shown = 8;
  const Names first(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(std::min(names.size(), shown)));
  std::string text = fmt::format("{}", fmt::join(first, ", "));
  if (names.size() > shown) text += fmt::format(" and {} more", names.size() - shown);
  return text;
}

// What keeps the saved tensors from fitting; empty when nothing does.
std::string mismatch(const std::map<std::string, at::Tensor>& saved, const NamedTensors& living, const std::string& whose) {
  Names missing;
  Names misshapen;
  std::map<std::string, at::Tensor> unexpected = saved;
  for (const auto& [name, tensor] : living) {
    const auto found = saved.find(name);
    if (found == saved.end())
      missing.push_back(name);
    else if (found->second.sizes() != tensor.sizes())
      misshapen.push_back(
          fmt::format("{} ({} instead of {})", name, fmt::join(found->second.sizes(), "x"), fmt::join(tensor.sizes(), "x")));
    unexpected.erase(name);
  }
  Names parts;
  if (!missing.empty()) parts.push_back("lacks " + some_of(missing));
  if (!misshapen.empty()) parts.push_back("has other shapes: " + some_of(misshapen));
  if (!unexpected.empty()) {
    Names names;
    for (const auto& [name, tensor] : unexpected) names.push_back(name);
    parts.push_back(fmt::format("holds what {} does not have: {}", whose, some_of(names)));
  }
  return fmt::format("{}", fmt::join(parts, "; it "));
}

void copy(const std::map<std::string, at::Tensor>& saved, const NamedTensors& living) {
  const c10::AutoGradMode no_gradients(false);
  for (const auto& [name, tensor] : living) tensor.copy_(saved.at(name));
}

bool names_other_classes(const Tensors& saved, const Names& classes) {
  const auto named = saved.metadata.find("classes");
  return named != saved.metadata.end() && nlohmann::json::parse(named->second, nullptr, false) != nlohmann::json(classes);
}

bool is_counter(std::string_view name) { return name.ends_with("num_batches_tracked"); }

}  // namespace

NamedTensors state_of(const Model& model) {
  NamedTensors state;
  for (const auto& item : model.named_parameters()) state.emplace_back(item.key(), item.value());
  for (const auto& item : model.named_buffers()) state.emplace_back(item.key(), item.value());
  return state;
}

void restore(const NamedTensors& saved, const NamedTensors& living, const fs::path& file, const std::string& whose) {
  const std::map<std::string, at::Tensor> by_name(saved.begin(), saved.end());
  const std::string wrong = mismatch(by_name, living, whose);
  if (!wrong.empty())
    throw Error(fmt::format("{} does not fit {}: it {}; take the recipe and the plugins that it was trained with",
                            file.string(), whose, wrong));
  copy(by_name, living);
}

std::vector<std::string> take_over(const Tensors& saved, const Model& model, const std::vector<std::string>& classes,
                                   const fs::path& file) {
  std::map<std::string, at::Tensor> by_name(saved.tensors.begin(), saved.tensors.end());
  NamedTensors living = state_of(model);
  const bool others = names_other_classes(saved, classes);
  std::vector<std::string> notices;
  for (const auto& [name, tensor] : state_of(model)) {
    const auto found = by_name.find(name);
    const bool classifier = name.starts_with(model.classifier() + '.');
    const bool fits = found != by_name.end() && found->second.sizes() == tensor.sizes();
    if (found == by_name.end() ? !is_counter(name) : !classifier || (fits && !others)) continue;
    if (found != by_name.end() && notices.empty())
      notices.push_back(fmt::format("{} is for {}: its {} is not taken over and starts anew", file.string(),
                                    fits ? "other classes than the data has, or for another order of them"
                                         : fmt::format("{} classes, this model for {}",
                                                       found->second.dim() > 0 ? found->second.size(0) : 1, tensor.size(0)),
                                    model.classifier()));
    by_name.erase(name);
    std::erase_if(living, [&name = name](const auto& entry) { return entry.first == name; });
  }
  const std::string whose = "this model";
  const std::string wrong = mismatch(by_name, living, whose);
  if (!wrong.empty())
    throw Error(fmt::format("{} does not fit {}: it {}; take the weights of this network, or the network of these weights",
                            file.string(), whose, wrong),
                Fault::usage);
  copy(by_name, living);
  return notices;
}

}  // namespace aviary::weights
