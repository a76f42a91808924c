#include "results/evaluation_json.hpp"

#include <cstdint>

#include <nlohmann/json.hpp>

namespace aviary::results {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t shown_pairs = 12;
constexpr std::size_t examples_of_a_pair = 2;
constexpr std::size_t shown_worst = 18;

// Row, column and count of each cell that has pictures: at 400 classes most have none.
ordered_json cells_of(const at::Tensor& confusion) {
  const auto counts = confusion.accessor<std::int64_t, 2>();
  auto cells = ordered_json::array();
  for (std::int64_t row = 0; row < confusion.size(0); ++row)
    for (std::int64_t column = 0; column < confusion.size(1); ++column)
      if (counts[row][column] > 0) {
        cells.push_back(row);
        cells.push_back(column);
        cells.push_back(counts[row][column]);
      }
  return cells;
}

}  // namespace

ordered_json scores_json(const Evaluation& evaluation) {
  return {{"top1", evaluation.scores.top1},  {"top1_interval", {evaluation.top1_interval.low, evaluation.top1_interval.high}},
          {"top5", evaluation.top5},         {"loss", evaluation.scores.loss},
          {"macro_f1", evaluation.macro_f1}, {"weighted_f1", evaluation.weighted_f1}};
}

ordered_json calibration_json(const Calibration& calibration) {
  auto bins = ordered_json::array();
  for (const CalibrationBin& bin : calibration.bins)
    bins.push_back({{"pictures", bin.pictures}, {"probability", bin.probability}, {"top1", bin.top1}});
  return {{"error", calibration.error},
          {"temperature", calibration.temperature},
          {"error_after", calibration.error_after},
          {"bins", bins}};
}

ordered_json evaluation_json(const Evaluation& evaluation, const data::Split& split,
                             const std::function<std::string(std::size_t)>& picture) {
  ordered_json json = {{"pictures", evaluation.scores.pictures}};
  json.update(scores_json(evaluation));
  json.update({{"confusion", cells_of(evaluation.confusion)},
               {"calibration", calibration_json(evaluation.calibration)},
               {"classes", ordered_json::array()},
               {"confused", ordered_json::array()},
               {"worst", ordered_json::array()}});
  for (const ClassScores& scores : evaluation.classes)
    json["classes"].push_back({scores.pictures, scores.precision, scores.recall, scores.f1});
  const auto record_json = [&](const Record& record) -> ordered_json {
    return {{"name", split.samples[record.sample].name},
            {"picture", picture(record.sample)},
            {"label", record.label},
            {"predicted", record.predicted},
            {"probability", record.probability},
            {"loss", record.loss}};
  };
  for (const Confusion& pair : most_confused(evaluation, shown_pairs)) {
    ordered_json shown = {{"label", pair.label}, {"predicted", pair.predicted}, {"pictures", pair.pictures}};
    shown["examples"] = ordered_json::array();
    for (const Record& record : evaluation.records)
      if (record.label == pair.label && record.predicted == pair.predicted && shown["examples"].size() < examples_of_a_pair)
        shown["examples"].push_back(record_json(record));
    json["confused"].push_back(std::move(shown));
  }
  for (const Record& record : worst(evaluation, shown_worst)) json["worst"].push_back(record_json(record));
  return json;
}

}  // namespace aviary::results
