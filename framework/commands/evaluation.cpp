#include "commands/evaluation.hpp"

#include <cstddef>

#include <fmt/format.h>

#include "commands/command.hpp"
#include "results/evaluation_json.hpp"

namespace aviary::commands {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t shown = 5;  // confusions and pictures

std::string share(double value) { return fmt::format("{:.2f} %", 100 * value); }

std::string interval_text(const results::Interval& interval) {
  return fmt::format("{:.2f} to {:.2f}", 100 * interval.low, 100 * interval.high);
}

void print_members(const std::vector<MemberResult>& members) {
  std::vector<std::vector<std::string>> rows = {{"weight", "top-1", "loss", "checkpoint", "run"}};
  for (const MemberResult& each : members)
    rows.push_back({fmt::format("{:.3f}", each.weight), share(each.evaluation.scores.top1),
                    fmt::format("{:.4f}", each.evaluation.scores.loss), each.member.checkpoint, each.member.run});
  print_columns(rows);
  fmt::print("\n");
}

void print_scores(const EvaluationResult& result) {
  const results::Evaluation& evaluation = result.evaluation;
  std::vector<std::vector<std::string>> rows;
  if (result.members.empty()) rows.push_back({"checkpoint", result.checkpoint});
  rows.insert(
      rows.end(),
      {{"split", result.split.name},
       {"pictures", std::to_string(evaluation.scores.pictures)},
       {"top-1", fmt::format("{} (95 % interval {})", share(evaluation.scores.top1), interval_text(evaluation.top1_interval))},
       {"top-5", share(evaluation.top5)},
       {"loss", fmt::format("{:.6f}", evaluation.scores.loss)},
       {"macro F1", share(evaluation.macro_f1)},
       {"weighted F1", share(evaluation.weighted_f1)},
       {"calibration error", fmt::format("{}; {} at temperature {:.3f}", share(evaluation.calibration.error),
                                         share(evaluation.calibration.error_after), evaluation.calibration.temperature)}});
  print_columns(rows);
}

void print_mistakes(const EvaluationResult& result) {
  const auto name = [&](std::int64_t output, std::size_t width) {
    return cut(result.classes[static_cast<std::size_t>(output)], width);
  };
  const std::vector<results::Confusion> confusions = results::most_confused(result.evaluation, shown);
  if (confusions.empty()) return;
  std::vector<std::vector<std::string>> rows = {{"most confused", "taken for", "pictures"}};
  for (const results::Confusion& each : confusions)
    rows.push_back({name(each.label, 32), name(each.predicted, 32), std::to_string(each.pictures)});
  fmt::print("\n");
  print_columns(rows);
  rows = {{"worst picture", "taken for", "sure", "loss"}};
  for (const results::Record& each : results::worst(result.evaluation, shown))
    rows.push_back({cut_start(result.split.samples[each.sample].name, 34), name(each.predicted, 24), share(each.probability),
                    fmt::format("{:.2f}", each.loss)});
  fmt::print("\n");
  print_columns(rows);
}

void print_classes(const EvaluationResult& result) {
  std::vector<std::vector<std::string>> rows = {{"class", "pictures", "precision", "recall", "F1"}};
  for (std::size_t i = 0; i < result.evaluation.classes.size(); ++i) {
    const results::ClassScores& scores = result.evaluation.classes[i];
    rows.push_back({cut(result.classes[i], 36), std::to_string(scores.pictures), share(scores.precision), share(scores.recall),
                    share(scores.f1)});
  }
  fmt::print("\n");
  print_columns(rows);
}

ordered_json confusion_json(const at::Tensor& confusion) {
  const auto counts = confusion.accessor<std::int64_t, 2>();
  auto rows = ordered_json::array();
  for (std::int64_t label = 0; label < counts.size(0); ++label)
    rows.push_back(std::vector<std::int64_t>(counts[label].data(), counts[label].data() + counts.size(1)));
  return rows;
}

}  // namespace

void print_evaluation(const EvaluationResult& result, bool per_class) {
  if (!result.members.empty()) print_members(result.members);
  print_scores(result);
  print_mistakes(result);
  if (per_class) print_classes(result);
}

ordered_json evaluation_json(const EvaluationResult& result) {
  const auto name = [&](std::int64_t output) { return result.classes[static_cast<std::size_t>(output)]; };
  ordered_json json;
  if (result.members.empty()) json["checkpoint"] = result.checkpoint;
  json.update({{"split", result.split.name}, {"pictures", result.evaluation.scores.pictures}});
  json.update(results::scores_json(result.evaluation));
  json["calibration"] = results::calibration_json(result.evaluation.calibration);
  for (const MemberResult& each : result.members) {
    ordered_json run = {{"run", each.member.run}, {"checkpoint", each.member.checkpoint}, {"weight", each.weight}};
    run.update(results::scores_json(each.evaluation));
    json["runs"].push_back(std::move(run));
  }
  json["classes"] = ordered_json::array();
  for (std::size_t i = 0; i < result.evaluation.classes.size(); ++i) {
    const results::ClassScores& scores = result.evaluation.classes[i];
    json["classes"].push_back({{"class", result.classes[i]},
                               {"pictures", scores.pictures},
                               {"precision", scores.precision},
                               {"recall", scores.recall},
                               {"f1", scores.f1}});
  }
  json["confused"] = ordered_json::array();
  for (const results::Confusion& each : results::most_confused(result.evaluation, shown))
    json["confused"].push_back({{"class", name(each.label)}, {"predicted", name(each.predicted)}, {"pictures", each.pictures}});
  json["worst"] = ordered_json::array();
  for (const results::Record& each : results::worst(result.evaluation, shown))
    json["worst"].push_back({{"file", result.split.samples[each.sample].name},
                             {"class", name(each.label)},
                             {"predicted", name(each.predicted)},
                             {"probability", each.probability},
                             {"loss", each.loss}});
  json["confusion"] = confusion_json(result.evaluation.confusion);
  return json;
}

}  // namespace aviary::commands
