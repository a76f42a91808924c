#include "training/precision.hpp"

#include <algorithm>
#include <limits>
#include <memory>

#include <ATen/ops/randn.h>

#include <aviary/model.hpp>

#include "plugins/border.hpp"
#include "training/compute.hpp"
#include "training/experiment.hpp"
#include "training/learner.hpp"
#include "training/timed.hpp"

namespace aviary::training {
namespace {

bool bf16_is_faster(const recipe::Recipe& recipe) {
  constexpr std::int64_t most_pictures = 16;
  constexpr int rounds = 5;  // the first ones also make what later ones use
  const std::shared_ptr<Model> model = make_model(recipe, outputs(recipe));
  model->train();
  const std::int64_t side = recipe.data.image_size;
  const at::Tensor images = at::randn({std::min(recipe.data.batch_size, most_pictures), 3, side, side})
                                .contiguous(at::MemoryFormat::ChannelsLast)
                                .to(compute_device());
  const auto pass = [&](bool bf16) {
    at::Tensor logits;
    {
      const Bf16Autocast autocast(bf16);
      logits = model->forward(images);
    }
    logits.to(at::kFloat).sum().backward();
  };
  const auto pass_seconds = [&](bool bf16) {
    return seconds_of([&] { plugins::guarded(recipe.model.callee, [&] { pass(bf16); }); });
  };
  double fp32 = std::numeric_limits<double>::infinity();
  double bf16 = std::numeric_limits<double>::infinity();
  for (int round = 0; round < rounds; ++round) {
    fp32 = std::min(fp32, pass_seconds(false));
    bf16 = std::min(bf16, pass_seconds(true));
  }
  constexpr double worth_it = 0.9;
  return bf16 < worth_it * fp32;
}

}  // namespace

void settle_precision(recipe::Recipe& recipe, const distributed::World& world) {
  if (recipe.training.precision != "auto") return;
  recipe.training.precision = world.first(world.leads() && bf16_is_faster(recipe) ? "bf16" : "fp32");
  recipe.resolved.table()->find("training")->node.table()->find("precision")->node.value = recipe.training.precision;
}

}  // namespace aviary::training
