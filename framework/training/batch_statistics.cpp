#include "training/batch_statistics.hpp"

#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include <c10/core/GradMode.h>
#include <torch/nn/modules/batchnorm.h>

#include <aviary/model.hpp>
#include <aviary/nn/layers.hpp>

#include "plugins/border.hpp"
#include "training/compute.hpp"
#include "training/step.hpp"

namespace aviary::training {
namespace {

// Sets the momentum of all batch norms; at its end they have their own again.
class Momentum {
 public:
  explicit Momentum(const Model& model) {
    for (const auto& module : model.modules(false)) {
      if (auto* const norm = module->as<nn::BatchNorm2d>())
        add(norm->momentum, [norm](double momentum) { norm->momentum = momentum; });
      else if (auto* const other = module->as<torch::nn::BatchNorm2dImpl>())
        add(other->options.momentum().value_or(0.1), [other](double momentum) { other->options.momentum(momentum); });
    }
  }
  Momentum(const Momentum&) = delete;
  Momentum& operator=(const Momentum&) = delete;
  ~Momentum() {
    for (const Norm& norm : norms_) norm.set(norm.own);
  }

  void set(double momentum) {
    for (const Norm& norm : norms_) norm.set(momentum);
  }

 private:
  struct Norm {
    double own;
    std::function<void(double)> set;
  };

  void add(double own, std::function<void(double)> set) { norms_.push_back({own, std::move(set)}); }

  std::vector<Norm> norms_;
};

}  // namespace

bool compute_batch_statistics(Learner& learner, data::Loader& loader, std::int64_t epoch, std::int64_t batches,
                              const std::atomic<bool>& stop) {
  const c10::AutoGradMode no_gradients(false);
  learner.train_mode();
  Momentum momentum(*learner.model);
  std::int64_t seen = 0;
  for (; batches > 0; --batches) {
    const std::optional<data::Batch> batch = loader.next();
    if (stop) return false;
    if (!batch || batch->labels.size(0) == 0) continue;
    momentum.set(1 / static_cast<double>(++seen));
    seed_forward(learner, epoch, batch->number);
    plugins::guarded(learner.recipe.model.callee, [&] { learner.model->forward(batch->images.to(compute_device())); });
  }
  return true;
}

void share_batch_statistics(const Learner& learner) {
  if (learner.world.size() == 1) return;
  for (const auto& item : learner.model->named_buffers())
    if (item.key().ends_with("running_mean") || item.key().ends_with("running_var"))
      learner.world.sum(item.value().div_(learner.world.size()));
}

}  // namespace aviary::training
