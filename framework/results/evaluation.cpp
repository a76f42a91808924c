#include "results/evaluation.hpp"

#include <algorithm>
#include <limits>

#include <ATen/ops/argmax.h>
#include <ATen/ops/bincount.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/topk.h>
#include <ATen/ops/zeros.h>
#include <fmt/format.h>

#include <aviary/error.hpp>
#include <aviary/model.hpp>

#include "network/evaluation_mode.hpp"

namespace aviary::results {
namespace {

void summarise(const at::Tensor& confusion, Evaluation& evaluation) {
  const auto counts = confusion.accessor<std::int64_t, 2>();
  const at::Tensor predicted = confusion.sum(0);
  double f1_sum = 0;
  int with_pictures = 0;
  for (std::int64_t c = 0; c < confusion.size(0); ++c) {
    ClassScores& scores = evaluation.classes.emplace_back();
    const auto right = static_cast<double>(counts[c][c]);
    scores.pictures = confusion[c].sum().item<std::int64_t>();
    const auto said = static_cast<double>(predicted[c].item<std::int64_t>());
    scores.precision = said > 0 ? right / said : 0;
    scores.recall = scores.pictures > 0 ? right / static_cast<double>(scores.pictures) : 0;
    scores.f1 = right > 0 ? 2 * scores.precision * scores.recall / (scores.precision + scores.recall) : 0;
    if (scores.pictures == 0) continue;
    f1_sum += scores.f1;
    ++with_pictures;
  }
  evaluation.macro_f1 = with_pictures > 0 ? f1_sum / with_pictures : 0;
}

}  // namespace

std::optional<Evaluation> evaluate(Model& model, const plugins::Callee& callee, data::Loader& loader,
                                   const EvaluationOptions& options, const std::atomic<bool>& stop) {
  const network::EvaluationMode mode(model);
  const auto forward = [&](const at::Tensor& images) {
    return plugins::guarded(callee, [&] { return model.forward(images); });
  };
  Evaluation evaluation;
  double loss = 0;
  std::int64_t right = 0;
  std::int64_t right5 = 0;
  at::Tensor confusion;
  loader.start(0, data::Order::in_order, nullptr);
  const std::int64_t limit = options.limit_batches.value_or(std::numeric_limits<std::int64_t>::max());
  for (auto batch = loader.next(); batch && batch->number < limit; batch = loader.next()) {
    if (stop) return std::nullopt;
    const std::int64_t pictures = batch->labels.size(0);
    if (pictures == 0) continue;
    const at::Tensor logits = forward(batch->images);
    if (options.check_repeatable && !confusion.defined() && !at::equal(logits, forward(batch->images)))
      throw Error(fmt::format(
          "{} ({}) gives other logits for the same pictures in evaluation mode: its dropout must follow is_training()",
          callee.name, callee.file));
    const std::int64_t outputs = logits.size(1);
    if (!confusion.defined()) confusion = at::zeros({outputs, outputs}, at::kLong);
    loss += at::cross_entropy_loss(logits, batch->labels, {}, at::Reduction::Sum).item<double>();
    const at::Tensor predicted = logits.argmax(1);
    right += predicted.eq(batch->labels).sum().item<std::int64_t>();
    const at::Tensor five = std::get<1>(at::topk(logits, std::min<std::int64_t>(5, outputs), 1));
    right5 += five.eq(batch->labels.unsqueeze(1)).sum().item<std::int64_t>();
    confusion += at::bincount(batch->labels * outputs + predicted, {}, outputs * outputs).view({outputs, outputs});
    evaluation.scores.pictures += pictures;
  }
  if (evaluation.scores.pictures == 0) throw Error("no picture of the split could be read");
  const auto pictures = static_cast<double>(evaluation.scores.pictures);
  evaluation.scores.loss = loss / pictures;
  evaluation.scores.top1 = static_cast<double>(right) / pictures;
  evaluation.top5 = static_cast<double>(right5) / pictures;
  summarise(confusion, evaluation);
  return evaluation;
}

}  // namespace aviary::results
