#include "training/batch_statistics.hpp"

#include <array>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include <c10/core/GradMode.h>
#include <torch/nn/modules/batchnorm.h>

#include <aviary/model.hpp>
#include <aviary/nn/layers.hpp>

#include "plugins/border.hpp"
#include "training/buffer_guard.hpp"
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
    if (!batch) break;
    const auto pictures = static_cast<double>(batch->labels.size(0));
    const auto [all_pictures, stopped] = learner.world.sum(std::array{pictures, stop ? 1.0 : 0.0});
    if (stopped > 0) return false;
    if (all_pictures == 0) continue;
    BufferGuard before(*learner.model);
    momentum.set(1 / static_cast<double>(++seen));
    seed_forward(learner, epoch, batch->number);
    plugins::guarded(learner.recipe.model.callee, [&] { learner.model->forward(input_of(learner, *batch)); });
    before.share(learner.world, pictures, all_pictures);
    before.keep();
  }
  return true;
}

}  // namespace aviary::training
