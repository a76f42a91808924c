#include "training/precision.hpp"

#include <algorithm>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include <ATen/ops/randn.h>
#include <fmt/format.h>

#include <aviary/model.hpp>

#include "plugins/border.hpp"
#include "training/compute.hpp"
#include "training/experiment.hpp"
#include "training/learner.hpp"
#include "training/timed.hpp"

namespace aviary::training {
namespace {

// The fastest here, if that is worth it: bf16, or on GPUs that have no units for it fp16.
std::string fastest(const recipe::Recipe& recipe) {
  constexpr std::int64_t most_pictures = 16;
  constexpr int rounds = 5;  // the first ones also make what later ones use
  const std::shared_ptr<Model> model = make_model(recipe, outputs(recipe));
  model->train();
  const std::int64_t side = recipe.data.image_size;
  const at::Tensor images = at::randn({std::min(recipe.data.batch_size, most_pictures), 3, side, side})
                                .contiguous(at::MemoryFormat::ChannelsLast)
                                .to(compute_device());
  const auto pass = [&](const std::string& precision) {
    at::Tensor logits;
    {
      const Autocast autocast(precision);
      logits = model->forward(images);
    }
    logits.to(at::kFloat).sum().backward();
    finish_computing();
  };
  struct Trial {
    std::string precision;
    double seconds = std::numeric_limits<double>::infinity();
  };
  std::vector<Trial> trials = {{"fp32"}, {"bf16"}};
  if (!compute_device().is_cpu() && !recipe.training.cuda_graph) trials.push_back({"fp16"});
  for (int round = 0; round < rounds; ++round)
    for (Trial& trial : trials)
      trial.seconds =
          std::min(trial.seconds, seconds_of([&] { plugins::guarded(recipe.model.callee, [&] { pass(trial.precision); }); }));
  constexpr double worth_it = 0.9;
  Trial best = trials.front();
  for (const Trial& trial : trials)
    if (trial.seconds < worth_it * best.seconds) best = trial;
  return best.precision;
}

}  // namespace

void settle_precision(recipe::Recipe& recipe, const distributed::World& world) {
  if (recipe.training.precision != "auto") return;
  set_deterministic(recipe.training.deterministic);  // LibTorch takes cuBLAS's setting when it first computes
  recipe.training.precision = world.first(world.leads() ? fastest(recipe) : "");
  recipe::Node& written = recipe.resolved.table()->find("training")->node.table()->find("precision")->node;
  recipe.warnings.push_back({written.place, fmt::format("\"auto\" is {} on this machine", recipe.training.precision)});
  written.value = recipe.training.precision;
}

}  // namespace aviary::training
