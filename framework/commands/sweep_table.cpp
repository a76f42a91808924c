#include "commands/sweep_table.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "commands/command.hpp"
#include "data/csv_rows.hpp"
#include "results/plot.hpp"
#include "results/statistics.hpp"
#include "search/importance.hpp"
#include "search/space.hpp"
#include "weights/whole_file.hpp"

namespace aviary::commands {
namespace {

// The importance of each key. What a seed does to all points alike is taken from the scores before.
std::vector<std::pair<std::string, double>> importances(const SweepTable& table) {
  std::map<std::int64_t, std::vector<double>> of_seed;
  for (const SweepTrial& trial : table.trials)
    if (trial.score) of_seed[trial.seed].push_back(*trial.score);
  std::vector<double> scores;
  for (const SweepTrial& trial : table.trials)
    if (trial.score) scores.push_back(*trial.score - results::mean(of_seed[trial.seed]));
  std::vector<std::pair<std::string, double>> all;
  for (std::size_t key = 0; key < table.keys.size(); ++key) {
    std::vector<std::string> labels;
    for (const SweepTrial& trial : table.trials)
      if (trial.score) labels.push_back(table.labels[trial.point][key]);
    all.emplace_back(table.keys[key], search::importance(labels, scores));
  }
  std::ranges::stable_sort(all, std::greater(), &std::pair<std::string, double>::second);
  return all;
}

/// What a point's score differs by from another's, each training from the one with the same seed.
struct Effect {
  std::size_t point = 0;
  double difference = 0;      ///< mean
  double standard_error = 0;  ///< over the seeds; 0 with one
  std::size_t seeds = 0;
};

Effect effect_of(const SweepTable& table, std::size_t point, std::size_t reference) {
  std::map<std::int64_t, double> others;
  for (const SweepTrial& trial : table.trials)
    if (trial.point == reference && trial.score) others[trial.seed] = *trial.score;
  std::vector<double> differences;
  for (const SweepTrial& trial : table.trials)
    if (trial.point == point && trial.score && others.contains(trial.seed))
      differences.push_back(*trial.score - others[trial.seed]);
  if (differences.empty()) return {.point = point};
  return {point, results::mean(differences),
          results::standard_deviation(differences) / std::sqrt(static_cast<double>(differences.size())), differences.size()};
}

// What leaving each out does.
std::vector<Effect> effects(const SweepTable& table) {
  std::vector<Effect> all;
  for (std::size_t point = 1; point < table.labels.size(); ++point)
    if (const Effect effect = effect_of(table, point, 0); effect.seeds > 0) all.push_back(effect);
  return all;
}

// "-0.8 +- 0.3 points", or in the loss's own unit.
std::string effect_text(const SweepTable& table, const Effect& effect) {
  if (effect.seeds == 0) return "-";
  const double unit = table.smaller_is_better ? 1 : 100;
  const int digits = table.smaller_is_better ? 4 : 1;
  std::string text = fmt::format("{:+.{}f}", unit * effect.difference, digits);
  if (effect.seeds > 1) text += fmt::format(" +- {:.{}f}", unit * effect.standard_error, digits);
  return text + (table.smaller_is_better ? "" : " points");
}

std::string score_text(const SweepRank& rank) {
  return rank.scores.size() > 1 ? fmt::format("{:.4f} +- {:.4f}", rank.mean, rank.spread) : fmt::format("{:.4f}", rank.mean);
}

std::string csv_of(const SweepTable& table) {
  std::string text = "trial,seed";
  for (const std::string& key : table.keys) text += ',' + data::csv_field(key);
  text += fmt::format(",{},parameters,epochs,seconds,state,note,run\n", table.metric);
  for (const SweepTrial& trial : table.trials) {
    text += fmt::format("{},{}", trial.id, trial.seed);
    for (const std::string& label : table.labels[trial.point]) text += ',' + data::csv_field(label);
    text += fmt::format(",{},{},{},{:.1f},{},{},{}\n", trial.score ? fmt::format("{}", *trial.score) : "", trial.parameters,
                        trial.epochs, trial.seconds, trial.state, data::csv_field(trial.note), data::csv_field(trial.run));
  }
  return text;
}

// The labels of a key, numbers in their order.
std::vector<std::string> labels_of(const SweepTable& table, std::size_t key) {
  std::vector<std::string> labels;
  for (const auto& point : table.labels)
    if (std::ranges::count(labels, point[key]) == 0) labels.push_back(point[key]);
  if (search::are_numbers(labels)) std::ranges::sort(labels, {}, [](const std::string& label) { return std::stod(label); });
  return labels;
}

results::Plot plot_of(const SweepTable& table, std::size_t key) {
  results::Plot plot{.x_label = table.keys[key], .y_label = table.metric, .names = labels_of(table, key)};
  std::vector<std::size_t> used(plot.names.size());
  for (const SweepTrial& trial : table.trials) {
    if (!trial.score) continue;
    const auto place =
        static_cast<std::size_t>(std::ranges::find(plot.names, table.labels[trial.point][key]) - plot.names.begin());
    const std::size_t height = used[place]++;
    if (height == plot.curves.size())
      plot.curves.push_back({"", std::vector<double>(plot.names.size(), std::numeric_limits<double>::quiet_NaN())});
    plot.curves[height].values[place] = *trial.score;
  }
  return plot;
}

}  // namespace

std::vector<SweepRank> ranked(const SweepTable& table) {
  std::vector<SweepRank> ranks;
  for (std::size_t point = 0; point < table.labels.size(); ++point) {
    SweepRank rank{.point = point};
    const auto better = [&](double score, double other) { return table.smaller_is_better ? score < other : score > other; };
    for (const SweepTrial& trial : table.trials) {
      if (trial.point != point || !trial.score) continue;
      rank.scores.push_back(*trial.score);
      rank.epochs = std::max(rank.epochs, trial.epochs);
      if (!rank.best || better(*trial.score, *rank.best->score)) rank.best = trial;
    }
    if (rank.scores.empty()) continue;
    rank.mean = results::mean(rank.scores);
    rank.spread = results::standard_deviation(rank.scores);
    ranks.push_back(std::move(rank));
  }
  // A point that was stopped early is not compared with one that was not.
  const auto cut_short = [](const SweepRank& rank) { return rank.best->state != "done"; };
  std::ranges::stable_sort(ranks, [&](const SweepRank& a, const SweepRank& b) {
    if (cut_short(a) != cut_short(b)) return cut_short(b);
    if (cut_short(a) && a.epochs != b.epochs) return a.epochs > b.epochs;
    return table.smaller_is_better ? a.mean < b.mean : a.mean > b.mean;
  });
  return ranks;
}

void print_table(const SweepTable& table) {
  constexpr std::size_t most_rows = 20;
  fmt::print("{}\n\n", table.title);
  const std::vector<SweepRank> ranks = ranked(table);
  const bool seeds = std::ranges::any_of(ranks, [](const SweepRank& rank) { return rank.scores.size() > 1; });
  std::vector<std::vector<std::string>> rows = {{"", table.metric, "seeds", "epochs"}};
  if (seeds) rows.front().emplace_back("against the first");
  rows.front().insert(rows.front().end(), table.keys.begin(), table.keys.end());
  for (const SweepRank& rank : ranks) {
    if (rows.size() > most_rows) break;
    rows.push_back(
        {std::to_string(rows.size()), score_text(rank), std::to_string(rank.scores.size()), std::to_string(rank.epochs)});
    if (seeds)
      rows.back().push_back(&rank == &ranks.front() ? ""
                                                    : effect_text(table, effect_of(table, rank.point, ranks.front().point)));
    for (const std::string& label : table.labels[rank.point]) rows.back().push_back(cut(label, 30));
  }
  print_columns(rows);
  if (ranks.size() > most_rows) fmt::print("... and {} more in sweep.csv\n", ranks.size() - most_rows);
  if (table.ablation) {
    fmt::print("\nWithout it, {} changes by\n", table.metric);
    std::vector<std::vector<std::string>> lines;
    for (const Effect& effect : effects(table))
      lines.push_back({"  " + table.labels[effect.point].front(), effect_text(table, effect)});
    print_columns(lines);
  } else if (ranks.size() > 1) {
    fmt::print("\nShare of the scores' variance that a key alone explains\n");
    std::vector<std::vector<std::string>> lines;
    for (const auto& [key, share] : importances(table)) lines.push_back({"  " + key, fmt::format("{:.0f} %", 100 * share)});
    print_columns(lines);
  }
  std::map<std::string, int> notes;
  for (const SweepTrial& trial : table.trials)
    if (!trial.note.empty()) ++notes[trial.state + ": " + trial.note];
  if (!notes.empty()) fmt::print("\n");
  for (const auto& [note, count] : notes) fmt::print("{} {}\n", count, note);
  fmt::print("\n{} of epochs{}\n", duration_text(table.seconds),
             table.seconds_saved > 0 ? fmt::format("; common beginnings saved {}", duration_text(table.seconds_saved)) : "");
}

nlohmann::ordered_json table_json(const SweepTable& table) {
  auto points = nlohmann::ordered_json::array();
  const std::vector<SweepRank> ranks = ranked(table);
  for (const SweepRank& rank : ranks) {
    nlohmann::ordered_json values;
    for (std::size_t key = 0; key < table.keys.size(); ++key) values[table.keys[key]] = table.labels[rank.point][key];
    points.push_back({{"values", values},
                      {"score", rank.mean},
                      {"spread", rank.spread},
                      {"scores", rank.scores},
                      {"epochs", rank.epochs},
                      {"parameters", rank.best->parameters}});
  }
  auto trials = nlohmann::ordered_json::array();
  for (const SweepTrial& trial : table.trials)
    trials.push_back({{"trial", trial.id},
                      {"seed", trial.seed},
                      {"state", trial.state},
                      {"score", json_or_null(trial.score)},
                      {"note", trial.note},
                      {"run", trial.run}});
  nlohmann::ordered_json json = {{"title", table.title}, {"metric", table.metric}, {"points", points}, {"trials", trials}};
  if (table.ablation) {
    auto rows = nlohmann::ordered_json::array();
    for (const Effect& effect : effects(table))
      rows.push_back({{"left_out", table.labels[effect.point].front()},
                      {"difference", effect.difference},
                      {"standard_error", effect.standard_error}});
    json["effects"] = rows;
  } else {
    for (const auto& [key, share] : importances(table)) json["importance"][key] = share;
  }
  json["seconds"] = table.seconds;
  json["seconds_saved"] = table.seconds_saved;
  return json;
}

void write_table(const SweepTable& table, const std::filesystem::path& folder) {
  const std::string text = csv_of(table);
  weights::write_whole_file(folder / "sweep.csv", std::array{std::string_view(text)});
  if (ranked(table).empty()) return;
  std::filesystem::create_directories(folder / "plots");
  for (std::size_t key = 0; key < table.keys.size(); ++key)
    results::write_plot(plot_of(table, key), folder / "plots" / (table.keys[key] + ".svg"));
}

}  // namespace aviary::commands
