// What a forward pass in training mode moves besides gradients: the buffers of batch norms.
#pragma once

#include <map>
#include <vector>

#include <ATen/core/Tensor.h>

#include <aviary/model.hpp>

#include "distributed/world.hpp"

namespace aviary::training {

/// Puts a model's buffers back at its end, as they were at its beginning, unless it is told to keep them.
class BufferGuard {
 public:
  explicit BufferGuard(Model& model);
  BufferGuard(const BufferGuard&) = delete;
  BufferGuard& operator=(const BufferGuard&) = delete;
  ~BufferGuard();

  void keep() { before_.clear(); }
  void restore();
  /// In every process they move as they do on the mean, each counting as much as it has pictures.
  void share(const distributed::World& world, double pictures, double all_pictures);

 private:
  struct Kept {
    std::vector<at::Tensor> buffers;
    at::Tensor numbers;
  };

  std::map<at::ScalarType, Kept> before_;  // those of one type as one tensor, since each is small
};

}  // namespace aviary::training
