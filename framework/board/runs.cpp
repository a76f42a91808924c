#include "board/runs.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cctype>
#include <cstdio>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <ranges>
#include <system_error>
#include <thread>
#include <tuple>

#include <fmt/format.h>
#include <simdjson.h>
#include <nlohmann/json.hpp>

#include <aviary/error.hpp>

#include "board/held_locks.hpp"
#include "board/ledger.hpp"
#include "recipe/json.hpp"
#include "results/metric.hpp"

namespace fs = std::filesystem;

namespace aviary::board {
namespace {

bool is_run(const fs::path& folder) {
  std::error_code error;
  return std::ranges::any_of(std::array{"recipe.toml", "environment.json", "events.jsonl"},
                             [&](const char* name) { return fs::is_regular_file(folder / name, error); });
}

void find_runs(const fs::path& folder, std::vector<fs::path>& found) {
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    if (entry.is_symlink(error) || !entry.is_directory(error) || entry.path().filename().native().starts_with('.')) continue;
    if (is_run(entry.path()))
      found.push_back(entry.path());
    else
      find_runs(entry.path(), found);
  }
}

std::string string_at(simdjson::simdjson_result<simdjson::dom::element> found) {
  std::string_view text;
  return found.get(text) == simdjson::SUCCESS ? std::string(text) : "";
}

std::optional<double> number_at(simdjson::simdjson_result<simdjson::dom::element> found) {
  double value = 0;
  if (found.get(value) != simdjson::SUCCESS) return std::nullopt;
  return value;
}

// "0.10" is newer than "0.9".
bool is_newer(const std::string& version) {
  const auto numbers = [](const std::string& text) {
    std::tuple<int, int> found;
    std::sscanf(text.c_str(), "%d.%d", &std::get<0>(found), &std::get<1>(found));
    return found;
  };
  return numbers(version) > numbers(AVIARY_VERSION);
}

// Takes from environment.json what the events do not say. Returns a sentence where something is not as it should be.
std::string read_environment(Run& run) {
  const results::RunFolder folder = results::RunFolder::at(run.folder);
  simdjson::dom::parser parser;
  simdjson::dom::element environment;
  if (parser.load(folder.environment_file().string()).get(environment) != simdjson::SUCCESS)
    return fmt::format("{} is damaged or missing; the run is shown with what is left", folder.environment_file().string());
  run.recipe = string_at(environment["name"]);
  if (const auto published = environment["recipe"]["provenance"]["published"]; published.error() == simdjson::SUCCESS) {
    run.published_train = number_at(published["train"]);
    run.published_validation = number_at(published["validation"]);
    run.published_test = number_at(published["test"]);
    run.published_kaggle = number_at(published["kaggle"]);
  }
  run.parent = string_at(environment["parent"]["recipe"]);
  // RUN/checkpoints/epoch-0012
  run.origin = fs::path(string_at(environment["origin"].at(0)["checkpoint"])).parent_path().parent_path().string();
  if (const std::string version = string_at(environment["versions"]["aviary"]); is_newer(version))
    return fmt::format("{} was made by aviary {}, which is newer than this one; it is shown as far as it is understood",
                       run.folder.string(), version);
  std::error_code error;
  if (!fs::is_regular_file(folder.recipe_file(), error))
    return fmt::format("{} is missing; the run is shown with what is left", folder.recipe_file().string());
  return "";
}

std::string read_run(Run& run, const HeldLocks& locks) {
  std::string notice = read_environment(run);
  run.result = results::read_result(results::RunFolder::at(run.folder));
  if (run.result.finished)
    run.state = State::finished;
  else if (locks.holds(run.folder / ".lock"))
    run.state = State::training;
  else
    run.state = run.result.epochs > 0 ? State::stopped : State::not_begun;
  return notice;
}

std::optional<double> value_of(const Run& run, std::string_view by) {
  if (by == "validation") return results::top1(run.result.validation);
  if (by == "train") return results::top1(run.result.best_train);
  if (by == "ema") return results::top1(run.result.ema);
  if (by == "test") return results::top1(run.result.test);
  if (by == "kaggle") return run.kaggle;
  if (by == "published") return run.published();
  if (by == "parameters" && run.result.parameters > 0) return -static_cast<double>(run.result.parameters);
  if (by == "seconds" && run.result.epochs > 0) return -run.result.seconds;
  return std::nullopt;
}

std::string small_letters(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

nlohmann::ordered_json or_null(const std::optional<double>& value) {
  return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json();
}

nlohmann::ordered_json or_null(const std::string& text) {
  return text.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(text);
}

}  // namespace

std::optional<double> Run::published() const {
  if (published_kaggle) return published_kaggle;
  return published_test ? published_test : published_validation;
}

Listing list_runs(const fs::path& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error))
    throw Error(fmt::format("{} is no folder; expected one with runs, such as runs/", folder.string()), Fault::usage);
  std::vector<fs::path> found;
  if (is_run(folder))
    found.push_back(folder);
  else
    find_runs(folder, found);
  std::ranges::sort(found);

  Listing listing;
  listing.runs.resize(found.size());
  std::vector<std::string> notices(found.size());
  const HeldLocks locks;
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < found.size(); i = next++) {
      Run& run = listing.runs[i];
      run.folder = found[i];
      run.name = found[i] == folder ? folder.filename().string() : found[i].lexically_relative(folder).string();
      notices[i] = read_run(run, locks);
    }
  };
  {
    std::vector<std::jthread> threads;
    for (unsigned i = 1; i < std::max(1U, std::thread::hardware_concurrency()); ++i) threads.emplace_back(work);
    work();
  }
  std::ranges::copy_if(notices, std::back_inserter(listing.notices), [](const std::string& text) { return !text.empty(); });

  std::map<std::string, double> kept;
  for (const LedgerRow& row : read_ledger(folder / "leaderboard.csv"))
    kept.emplace(fs::absolute(row.run).lexically_normal(), row.kaggle);
  std::map<std::string, std::string> names;
  for (const Run& run : listing.runs) names.emplace(fs::absolute(run.folder).lexically_normal(), run.name);
  for (Run& run : listing.runs) {
    if (const auto score = kept.find(fs::absolute(run.folder).lexically_normal()); score != kept.end())
      run.kaggle = score->second;
    if (const auto origin = names.find(run.origin); origin != names.end()) run.origin = origin->second;
  }
  return listing;
}

void rank(std::vector<Run>& runs, std::string_view by) {
  if (by == "started")
    std::ranges::stable_sort(runs, std::greater(), [](const Run& run) { return run.result.started; });
  else
    std::ranges::stable_sort(runs, std::greater(), [&](const Run& run) { return value_of(run, by); });
}

void filter(std::vector<Run>& runs, const std::string& text) {
  const std::string wanted = small_letters(text);
  std::erase_if(runs,
                [&](const Run& run) { return small_letters(run.name + '\n' + run.recipe).find(wanted) == std::string::npos; });
}

std::vector<recipe::Change> recipe_changes(const fs::path& before, const fs::path& after) {
  const auto recorded = [](const fs::path& folder) {
    const fs::path file = results::RunFolder::at(folder).environment_file();
    std::ifstream stream(file);
    const auto environment = nlohmann::ordered_json::parse(stream, nullptr, false);
    if (!environment.is_object() || !environment.contains("recipe"))
      throw Error(fmt::format("{} is damaged or missing; expected the recipe that the run was begun with", file.string()));
    return recipe::from_json(environment["recipe"], {file.string()});
  };
  return recipe::difference(recorded(before), recorded(after));
}

std::string_view to_string(State state) {
  switch (state) {
    case State::not_begun: return "new";
    case State::training: return "training";
    case State::stopped: return "stopped";
    case State::finished: break;
  }
  return "finished";
}

nlohmann::ordered_json to_json(const Run& run) {
  std::error_code error;
  const nlohmann::ordered_json published = {{"train", or_null(run.published_train)},
                                            {"validation", or_null(run.published_validation)},
                                            {"test", or_null(run.published_test)},
                                            {"kaggle", or_null(run.published_kaggle)}};
  return {{"run", run.name},
          {"recipe", run.recipe},
          {"state", to_string(run.state)},
          {"epochs", run.result.epochs},
          {"of", run.result.of},
          {"parameters", run.result.parameters},
          {"seconds", run.result.seconds},
          {"started", or_null(run.result.started)},
          {"train", or_null(results::top1(run.result.shown_train()))},
          {"validation", or_null(results::top1(run.result.validation))},
          {"ema", or_null(results::top1(run.result.ema))},
          {"test", or_null(results::top1(run.result.test))},
          {"published", run.published() || run.published_train ? published : nlohmann::ordered_json()},
          {"kaggle", or_null(run.kaggle)},
          {"parent", or_null(run.parent)},
          {"origin", or_null(run.origin)},
          {"report", fs::is_regular_file(fs::symlink_status(run.folder / "report.html", error))}};
}

}  // namespace aviary::board
