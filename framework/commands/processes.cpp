#include "commands/processes.hpp"

#include <cstdlib>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/version.h>
#include <nlohmann/json.hpp>

#include <aviary/error.hpp>

#include "commands/run_record.hpp"
#include "data/sha256.hpp"
#include "distributed/launch.hpp"
#include "plugins/foreign_error.hpp"
#include "recipe/difference.hpp"
#include "recipe/json.hpp"
#include "training/compute.hpp"

namespace aviary::commands {
namespace {

using nlohmann::ordered_json;

std::string sum_of(const data::Dataset& dataset) {
  data::Sha256 sum;
  const auto add = [&](const std::string& text) { sum.add(text.c_str(), text.size() + 1); };
  for (const std::string& name : dataset.classes) add(name);
  for (const data::Split* const split : {&dataset.train, &dataset.validation, &dataset.test}) {
    add(split->name);
    for (const data::Sample& sample : split->samples) add(fmt::format("{} {}", sample.name, sample.label));
  }
  return fmt::format("{:02x}", fmt::join(sum.digest(), ""));
}

ordered_json same_everywhere(const recipe::Recipe& recipe, const data::Dataset& dataset) {
  ordered_json facts = {{"aviary", AVIARY_VERSION},
                        {"LibTorch", TORCH_VERSION},
                        {"device", training::compute_device().is_cpu() ? "the CPU" : "a GPU"}};
  for (const std::filesystem::path& file : plugin_files(recipe))
    facts["plugin " + file.filename().string()] = data::sha256_of(file);
  facts["list of pictures"] = sum_of(dataset);
  return facts;
}

ordered_json settings_of(const recipe::Recipe& recipe) {
  ordered_json settings = recipe::to_json(recipe.resolved);
  settings["data"].erase("path");
  return settings;
}

[[noreturn]] void refuse(const std::string& what, const std::string& first, const std::string& first_process,
                         const std::string& other, const std::string& other_process) {
  const auto said = [](const std::string& value) { return value.empty() ? "missing" : value; };
  throw Error(fmt::format("processes that train together must have the same {}, but it is {} in {} and {} in {}", what,
                          said(first), first_process, said(other), other_process),
              Fault::usage);
}

}  // namespace

void together(Global& global, const std::function<void(const distributed::World&)>& work) {
  const std::optional<distributed::Launch> launch =
      distributed::read_launch([](const char* name) { return std::getenv(name); });
  const distributed::World world = launch ? distributed::World::join(*launch) : distributed::World();
  if (!world.leads()) {
    global.quiet = true;
    global.json = false;
  }
  try {
    work(world);
    world.leave();
  } catch (const distributed::PeerLost& lost) {
    if (world.leads()) world.fail(lost.what(), lost.sound);  // gives those time who have not heard of it yet
    throw Error(world.with_advice(lost.what()));
  } catch (const Error& error) {
    world.fail(error.what(), true);
    throw;
  } catch (...) {
    const std::exception_ptr failure = std::current_exception();
    world.fail(plugins::describe_exception_in_flight().summary, true);
    std::rethrow_exception(failure);
  }
}

void require_same(const distributed::World& world, const recipe::Recipe& recipe, const data::Dataset& dataset) {
  if (world.size() == 1) return;
  const ordered_json own = {{"recipe", settings_of(recipe)}, {"facts", same_everywhere(recipe, dataset)}};
  const std::vector<std::string> texts = world.gathered(own.dump(-1, ' ', false, ordered_json::error_handler_t::replace));
  const ordered_json first = ordered_json::parse(texts.front());
  for (int rank = 1; rank < world.size(); ++rank) {
    const ordered_json other = ordered_json::parse(texts[static_cast<std::size_t>(rank)]);
    for (const recipe::Change& change : recipe::difference(recipe::from_json(first["recipe"], {world.name(0)}),
                                                           recipe::from_json(other["recipe"], {world.name(rank)})))
      refuse("recipe: " + change.key, change.before, world.name(0), change.after, world.name(rank));
    for (const auto& [what, value] : first["facts"].items()) {
      const auto expected = value.get<std::string>();
      const std::string found = other["facts"].value(what, "");
      if (found != expected) refuse(what, expected, world.name(0), found, world.name(rank));
    }
  }
}

results::RunFolder folder_of_first(const distributed::World& world, const std::function<results::RunFolder()>& open) {
  if (world.size() == 1) return open();
  return results::RunFolder::at(world.first(world.leads() ? open().path().string() : ""));
}

}  // namespace aviary::commands
