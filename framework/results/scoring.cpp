#include "results/scoring.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include <ATen/TensorOperators.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/bincount.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/topk.h>

namespace aviary::results {
namespace {

std::vector<Record> records_of(const Outputs& outputs, const at::Tensor& log_probabilities, const at::Tensor& predicted) {
  const auto shares = log_probabilities.accessor<double, 2>();
  const auto labels = outputs.labels.accessor<std::int64_t, 1>();
  const auto predictions = predicted.accessor<std::int64_t, 1>();
  std::vector<Record> records;
  for (std::int64_t i = 0; i < labels.size(0); ++i)
    records.push_back({.sample = outputs.samples[static_cast<std::size_t>(i)],
                       .label = labels[i],
                       .predicted = predictions[i],
                       .probability = std::exp(shares[i][predictions[i]]),
                       .loss = -shares[i][labels[i]]});
  return records;
}

void score_classes(Evaluation& evaluation) {
  const auto counts = evaluation.confusion.accessor<std::int64_t, 2>();
  const at::Tensor row_sums = evaluation.confusion.sum(1);
  const at::Tensor column_sums = evaluation.confusion.sum(0);
  const auto pictures = row_sums.accessor<std::int64_t, 1>();
  const auto predicted = column_sums.accessor<std::int64_t, 1>();
  double sum = 0;
  double weighted = 0;
  int with_pictures = 0;
  for (std::int64_t c = 0; c < counts.size(0); ++c) {
    ClassScores& scores = evaluation.classes.emplace_back();
    const auto right = static_cast<double>(counts[c][c]);
    scores.pictures = pictures[c];
    scores.precision = predicted[c] > 0 ? right / static_cast<double>(predicted[c]) : 0;
    scores.recall = pictures[c] > 0 ? right / static_cast<double>(pictures[c]) : 0;
    scores.f1 = right > 0 ? 2 * scores.precision * scores.recall / (scores.precision + scores.recall) : 0;
    if (pictures[c] == 0) continue;
    sum += scores.f1;
    weighted += scores.f1 * static_cast<double>(pictures[c]);
    ++with_pictures;
  }
  evaluation.macro_f1 = sum / with_pictures;
  evaluation.weighted_f1 = weighted / static_cast<double>(evaluation.scores.pictures);
}

}  // namespace

Evaluation score(const Outputs& outputs) {
  const at::Tensor logits = outputs.logits.to(at::kDouble).contiguous();
  const std::int64_t pictures = logits.size(0);
  const std::int64_t classes = logits.size(1);
  const at::Tensor predicted = logits.argmax(1);
  Evaluation evaluation;
  evaluation.records = records_of(outputs, at::log_softmax(logits, 1), predicted);
  evaluation.confusion = at::bincount(outputs.labels * classes + predicted, {}, classes * classes).view({classes, classes});
  std::int64_t right = 0;
  for (const Record& record : evaluation.records) {
    evaluation.scores.loss += record.loss / static_cast<double>(pictures);
    if (record.predicted == record.label) ++right;
  }
  evaluation.scores.pictures = pictures;
  evaluation.scores.top1 = static_cast<double>(right) / static_cast<double>(pictures);
  evaluation.top1_interval = wilson_interval(right, pictures);
  const at::Tensor five = std::get<1>(at::topk(logits, std::min<std::int64_t>(5, classes), 1));
  const auto right5 = five.eq(outputs.labels.unsqueeze(1)).sum().item<std::int64_t>();
  evaluation.top5 = static_cast<double>(right5) / static_cast<double>(pictures);
  score_classes(evaluation);
  evaluation.calibration = calibrate(logits, outputs.labels);
  return evaluation;
}

std::vector<Confusion> most_confused(const Evaluation& evaluation, std::size_t count) {
  const auto counts = evaluation.confusion.accessor<std::int64_t, 2>();
  std::vector<Confusion> confusions;
  for (std::int64_t label = 0; label < counts.size(0); ++label)
    for (std::int64_t predicted = 0; predicted < counts.size(1); ++predicted)
      if (label != predicted && counts[label][predicted] > 0)
        confusions.push_back({label, predicted, counts[label][predicted]});
  std::ranges::stable_sort(confusions, std::greater(), &Confusion::pictures);
  if (confusions.size() > count) confusions.resize(count);
  return confusions;
}

std::vector<Record> worst(const Evaluation& evaluation, std::size_t count) {
  std::vector<Record> records;
  for (const Record& record : evaluation.records)
    if (record.predicted != record.label) records.push_back(record);
  std::ranges::stable_sort(records, std::greater(), &Record::loss);
  if (records.size() > count) records.resize(count);
  return records;
}

Interval wilson_interval(std::int64_t right, std::int64_t pictures) {
  constexpr double z = 1.959963984540054;  // of 95 %
  const auto n = static_cast<double>(pictures);
  const double share = static_cast<double>(right) / n;
  const double middle = (share + z * z / (2 * n)) / (1 + z * z / n);
  const double half = z / (1 + z * z / n) * std::sqrt(share * (1 - share) / n + z * z / (4 * n * n));
  return {std::max(0.0, middle - half), std::min(1.0, middle + half)};
}

}  // namespace aviary::results
