#include "results/evaluation.hpp"

#include <limits>
#include <vector>

#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <fmt/format.h>

#include <aviary/error.hpp>
#include <aviary/model.hpp>

#include "network/evaluation_mode.hpp"
#include "network/input.hpp"

namespace aviary::results {

std::optional<Outputs> outputs_of(Model& model, const plugins::Callee& callee, data::Loader& loader,
                                  const EvaluationOptions& options, const std::atomic<bool>& stop) {
  const network::EvaluationMode mode(model);
  const at::Device device = network::input_options(model).device();
  const auto logits_of = [&](const at::Tensor& images) {
    return mean_over_views(images.to(device, true), options.views, [&](const at::Tensor& view) {
      return plugins::guarded(callee, [&] { return model.forward(view).to(at::kFloat); });
    });
  };
  Outputs outputs;
  std::vector<at::Tensor> logits;
  std::vector<at::Tensor> labels;
  loader.start(0, data::Order::in_order, nullptr);
  const std::int64_t limit = options.limit_batches.value_or(std::numeric_limits<std::int64_t>::max());
  for (auto batch = loader.next(); batch && batch->number < limit; batch = loader.next()) {
    if (stop) return std::nullopt;
    if (batch->samples.empty()) continue;
    logits.push_back(logits_of(batch->images));
    if (options.check_repeatable && logits.size() == 1 && !at::equal(logits.front(), logits_of(batch->images)))
      throw Error(fmt::format(
          "{} ({}) gives other logits for the same pictures in evaluation mode: its dropout must follow is_training()",
          callee.name, callee.file));
    labels.push_back(batch->labels);
    outputs.samples.insert(outputs.samples.end(), batch->samples.begin(), batch->samples.end());
  }
  if (outputs.samples.empty()) return outputs;
  outputs.logits = at::cat(logits).cpu();
  outputs.labels = at::cat(labels);
  return outputs;
}

void require_pictures(const Outputs& outputs) {
  if (outputs.samples.empty()) throw Error("no picture of the split could be read");
}

std::optional<Evaluation> evaluate(Model& model, const plugins::Callee& callee, data::Loader& loader,
                                   const EvaluationOptions& options, const std::atomic<bool>& stop) {
  const std::optional<Outputs> outputs = outputs_of(model, callee, loader, options, stop);
  if (!outputs) return std::nullopt;
  require_pictures(*outputs);
  return score(*outputs);
}

}  // namespace aviary::results
