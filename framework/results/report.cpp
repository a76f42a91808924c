#include "results/report.hpp"

#include <array>
#include <chrono>
#include <fstream>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <torch/csrc/jit/api/module.h>

#include <aviary/error.hpp>
#include <aviary/model.hpp>

#include "network/layers.hpp"
#include "network/memory.hpp"
#include "network/trace.hpp"
#include "network/tree.hpp"
#include "results/curves.hpp"
#include "results/evaluation_json.hpp"
#include "results/pages.hpp"
#include "results/thumbnail.hpp"
#include "results/utc_time.hpp"
#include "weights/whole_file.hpp"

namespace aviary::results {
namespace {

using nlohmann::ordered_json;

constexpr int picture_side = 96;
constexpr int sample_side = 112;

void add_layers(const network::Branch& branch, int depth, ordered_json& rows) {
  for (const network::Branch& child : branch.children) {
    rows.push_back({{"depth", depth},
                    {"name", child.name},
                    {"type", child.type},
                    {"repeats", child.repeats},
                    {"output", child.output},
                    {"parameters", child.parameters},
                    {"multiply_adds", child.multiply_adds}});
    add_layers(child, depth + 1, rows);
  }
}

ordered_json model_json(Model& model, const recipe::Recipe& recipe) {
  const std::int64_t side = recipe.data.image_size;
  const auto traced = plugins::guarded(recipe.model.callee, [&] { return network::trace(model, {3, side, side}); });
  const network::Layers layers = network::read_layers(traced);
  const network::ActivationBytes bytes = network::activation_bytes(traced);
  ordered_json json = {{"type", recipe.model.type},
                       {"parameters", layers.parameters},
                       {"multiply_adds", layers.multiply_adds},
                       {"forward_bytes", bytes.forward * recipe.data.batch_size},
                       {"backward_bytes", bytes.backward * recipe.data.batch_size},
                       {"batch_size", recipe.data.batch_size},
                       {"layers", ordered_json::array()}};
  add_layers(network::tree_of(layers), 0, json["layers"]);
  return json;
}

ordered_json samples_json(const std::vector<std::vector<Tile>>& rows) {
  auto json = ordered_json::array();
  for (const std::vector<Tile>& row : rows) {
    auto& tiles = json.emplace_back(ordered_json::array());
    for (const Tile& tile : row) tiles.push_back({{"picture", thumbnail(tile.image, sample_side)}, {"caption", tile.caption}});
  }
  return json;
}

// A part of the page, or why it is missing.
template <class Part>
ordered_json part_or_reason(const Part& part) {
  try {
    return part();
  } catch (const Error& error) {
    return {{"missing", error.what()}};
  }
}

ordered_json environment_of(const RunFolder& run) {
  std::ifstream stream(run.environment_file());
  return ordered_json::parse(stream, nullptr, false);
}

}  // namespace

void Report::validated(const Validated& event) {
  if (event.ema == subject_.recipe.training.metric.starts_with("ema.")) evaluation_ = event.evaluation;
}

void Report::epoch_done(const EpochDone& event) {
  epochs_ = event.epoch + 1;
  write();
}

// A session that ends within its first epoch leaves the page that the one before wrote. A full disk ends the training by
// itself, with a sentence of its own.
void Report::ended(const RunEnded&) {
  if (epochs_ > 0) write();
  if (!failure_.empty()) complain_(fmt::format("report.html was not written: {}", failure_));
}

void Report::write() {
  failure_.clear();
  try {
    ordered_json report = lasting();
    report["written"] = utc_time(std::chrono::system_clock::now());
    report["curves"] = read_curves(run_);
    report["validation"] = evaluation();
    const std::string text = page("report", report);
    weights::write_whole_file(run_.path() / "report.html", std::array{std::string_view(text)});
  } catch (const Error& error) {
    failure_ = error.what();
  }
}

ordered_json Report::evaluation() {
  if (!evaluation_) return nullptr;
  std::map<std::size_t, std::string> before = std::exchange(thumbnails_, {});
  ordered_json json = evaluation_json(*evaluation_, subject_.dataset.validation, [&](std::size_t sample) {
    const auto known = before.find(sample);
    std::string& picture = thumbnails_[sample];
    if (picture.empty())
      picture = known != before.end() ? known->second : thumbnail(subject_.dataset.validation.samples[sample], picture_side);
    return picture;
  });
  json["epoch"] = epochs_;
  json["averaged"] = subject_.recipe.training.metric.starts_with("ema.");
  return json;
}

const ordered_json& Report::lasting() {
  if (!lasting_.empty()) return lasting_;
  const ordered_json environment = environment_of(run_);
  lasting_ = {{"run", run_.path().string()},
              {"recipe", {{"name", subject_.recipe.name}, {"toml", recipe::to_toml(subject_.recipe.resolved, true)}}},
              {"metric", subject_.recipe.training.metric},
              {"class_names", subject_.dataset.classes},
              {"pictures",
               {{"train", subject_.dataset.train.samples.size()},
                {"validation", subject_.dataset.validation.samples.size()},
                {"test", subject_.dataset.test.samples.size()}}}};
  for (const char* const fact :
       {"started", "command_line", "device", "threads", "workers", "machine", "versions", "git", "parent", "origin", "changes"})
    if (environment.is_object() && environment.contains(fact)) lasting_[fact] = environment[fact];
  lasting_["model"] = part_or_reason([&] { return model_json(subject_.model, subject_.recipe); });
  lasting_["samples"] = part_or_reason([&] { return samples_json(subject_.samples()); });
  return lasting_;
}

}  // namespace aviary::results
