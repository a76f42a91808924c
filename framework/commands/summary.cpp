#include <algorithm>
#include <memory>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/csrc/jit/api/module.h>

#include <aviary/model.hpp>

#include "commands/command.hpp"
#include "network/layers.hpp"
#include "network/memory.hpp"
#include "network/trace.hpp"
#include "network/tree.hpp"
#include "training/compute.hpp"
#include "training/experiment.hpp"

namespace aviary::commands {
namespace {

struct Row {
  std::string name;
  std::string type;
  std::string output;
  std::string parameters;
  std::string multiply_adds;
};

std::string or_nothing(std::int64_t number) { return number == 0 ? "" : grouped(number); }

void add_rows(const network::Branch& branch, std::size_t depth, std::vector<Row>& rows) {
  for (const network::Branch& child : branch.children) {
    const std::string times = child.repeats > 1 ? fmt::format(" x {}", child.repeats) : "";
    rows.push_back({.name = std::string(2 * depth, ' ') + (child.name.empty() ? '(' + child.type + ')' : child.name) + times,
                    .type = child.name.empty() ? "" : child.type,
                    .output = fmt::format("{}", fmt::join(child.output, "x")),
                    .parameters = or_nothing(child.parameters),
                    .multiply_adds = or_nothing(child.multiply_adds)});
    add_rows(child, depth + 1, rows);
  }
}

// Names give way where a line would be wider than the screen.
void print_rows(const std::vector<Row>& rows) {
  const auto widest = [&](std::string Row::*column) {
    return std::ranges::max(rows, {}, [&](const Row& row) { return (row.*column).size(); }).*column;
  };
  const std::size_t output = widest(&Row::output).size();
  const std::size_t parameters = widest(&Row::parameters).size();
  const std::size_t multiply_adds = widest(&Row::multiply_adds).size();
  const std::size_t type = widest(&Row::type).size();
  const std::size_t others = output + parameters + multiply_adds + type + 8;  // four gaps of two
  const std::size_t name = std::min(widest(&Row::name).size(), std::max(page_width, others + 16) - others);
  for (const Row& row : rows) {
    std::string line = fmt::format("{:{}}  {:{}}  {:>{}}  {:>{}}  {:>{}}", cut(row.name, name), name, row.type, type,
                                   row.output, output, row.parameters, parameters, row.multiply_adds, multiply_adds);
    line.erase(line.find_last_not_of(' ') + 1);
    fmt::print("{}\n", line);
  }
}

std::string megabytes(std::int64_t bytes) { return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6); }

void print_summary(const network::Layers& layers, const network::ActivationBytes& bytes, std::int64_t batch) {
  std::vector<Row> rows = {{"layer", "", "output", "parameters", "multiply-adds"}};
  add_rows(network::tree_of(layers), 0, rows);
  print_rows(rows);
  const std::string attention = layers.attention_multiply_adds == 0 ? ""
                                                                    : fmt::format(", {} of them in attention's products",
                                                                                  grouped(layers.attention_multiply_adds));
  fmt::print("\n");
  print_columns({{"parameters", grouped(layers.parameters)},
                 {"multiply-adds", fmt::format("{} per picture{}", grouped(layers.multiply_adds), attention)},
                 {"activations", fmt::format("forward {}, kept for backward {}, for a batch of {}", megabytes(bytes.forward),
                                             megabytes(bytes.backward), batch)}});
}

nlohmann::ordered_json summary_json(const network::Layers& layers, const network::ActivationBytes& bytes, std::int64_t batch) {
  nlohmann::ordered_json json = {{"parameters", layers.parameters},
                                 {"multiply_adds", layers.multiply_adds},
                                 {"attention_multiply_adds", layers.attention_multiply_adds},
                                 {"activation_bytes", {{"forward", bytes.forward}, {"backward", bytes.backward}}},
                                 {"batch_size", batch},
                                 {"layers", nlohmann::ordered_json::array()}};
  for (const network::Layer& layer : layers.layers)
    json["layers"].push_back({{"name", layer.name},
                              {"type", layer.type},
                              {"output", layer.output},
                              {"parameters", layer.parameters},
                              {"multiply_adds", layer.multiply_adds}});
  return json;
}

void summary(const RecipeOptions& options, const Global& global) {
  plugins::Catalogue catalogue = global.catalogue();
  const recipe::Recipe recipe = recipe::read_recipe(options.recipe, options.settings(), catalogue);
  training::set_compute_threads(1);  // at one picture, more would only wait for each other
  const auto model = training::make_model(recipe, training::outputs(recipe));
  training::parameters_of(*model, recipe.start);  // what is frozen keeps nothing for a backward pass
  const std::int64_t side = recipe.data.image_size;
  const auto traced = plugins::guarded(recipe.model.callee, [&] { return network::trace(*model, {3, side, side}); });
  const network::Layers layers = network::read_layers(traced);
  network::ActivationBytes bytes = network::activation_bytes(traced);
  bytes.forward *= recipe.data.batch_size;
  bytes.backward *= recipe.data.batch_size;
  if (global.json)
    print(summary_json(layers, bytes, recipe.data.batch_size));
  else
    print_summary(layers, bytes, recipe.data.batch_size);
}

}  // namespace

void add_summary(CLI::App& app, Global& global) {
  auto options = std::make_shared<RecipeOptions>();
  CLI::App* const command = app.add_subcommand("summary", "a recipe's model layer by layer, and what a picture costs");
  options->add_to(*command);
  command->footer("aviary summary demo/fashion-mnist");
  command->fallthrough();
  command->callback([options, &global] { summary(*options, global); });
}

}  // namespace aviary::commands
