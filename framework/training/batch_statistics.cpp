#include "training/batch_statistics.hpp"

#include <c10/core/GradMode.h>
#include <torch/nn/modules/batchnorm.h>

#include <aviary/model.hpp>
#include <aviary/nn/layers.hpp>

namespace aviary::training {

BatchStatistics::BatchStatistics(Model& model) : model_(model) {
  for (const auto& module : model.modules(false)) {
    if (auto* const norm = module->as<nn::BatchNorm2d>()) {
      momentum_.push_back(norm->momentum);
      set_momentum_.emplace_back([norm](double momentum) { norm->momentum = momentum; });
    } else if (auto* const other = module->as<torch::nn::BatchNorm2dImpl>()) {
      momentum_.push_back(other->options.momentum().value_or(0.1));
      set_momentum_.emplace_back([other](double momentum) { other->options.momentum(momentum); });
    }
  }
}

BatchStatistics::~BatchStatistics() {
  for (std::size_t i = 0; i < momentum_.size(); ++i) set_momentum_[i](momentum_[i]);
}

void BatchStatistics::add(const at::Tensor& images, const plugins::Callee& callee) {
  ++batches_;
  for (const auto& set_momentum : set_momentum_) set_momentum(1 / static_cast<double>(batches_));
  const c10::AutoGradMode no_gradients(false);
  plugins::guarded(callee, [&] { model_.forward(images); });
}

}  // namespace aviary::training
