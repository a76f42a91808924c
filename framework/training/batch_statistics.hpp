// Computes the running statistics of a model's batch norms anew: averaged weights need them, since nothing was ever normalised
// with those. Every batch counts the same (torch.optim.swa_utils.update_bn). Used by the trainer, on its thread.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <ATen/core/Tensor.h>

#include "plugins/border.hpp"

namespace aviary {
class Model;
}

namespace aviary::training {

class BatchStatistics {
 public:
  explicit BatchStatistics(Model& model);
  BatchStatistics(const BatchStatistics&) = delete;
  BatchStatistics& operator=(const BatchStatistics&) = delete;
  /// Norms go on with the momentum they had.
  ~BatchStatistics();

  /// Precondition: the model is in training mode. Throws Error in the model's name.
  void add(const at::Tensor& images, const plugins::Callee& callee);

 private:
  Model& model_;
  std::vector<std::function<void(double)>> set_momentum_;
  std::vector<double> momentum_;
  std::int64_t batches_ = 0;
};

}  // namespace aviary::training
