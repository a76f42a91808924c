#include "training/buffer_guard.hpp"

#include <exception>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <c10/core/GradMode.h>

namespace aviary::training {
namespace {

at::Tensor numbers_of(const std::vector<at::Tensor>& buffers) {
  std::vector<at::Tensor> rows;
  for (const at::Tensor& buffer : buffers) rows.push_back(buffer.reshape(-1));
  return at::cat(rows);
}

void copy(const at::Tensor& numbers, const std::vector<at::Tensor>& buffers) {
  const c10::AutoGradMode no_gradients(false);
  std::int64_t at = 0;
  for (const at::Tensor& buffer : buffers) {
    buffer.copy_(numbers.narrow(0, at, buffer.numel()).view(buffer.sizes()));
    at += buffer.numel();
  }
}

}  // namespace

BufferGuard::BufferGuard(Model& model) {
  for (const at::Tensor& buffer : model.buffers()) before_[buffer.scalar_type()].buffers.push_back(buffer);
  for (auto& [type, kept] : before_) kept.numbers = numbers_of(kept.buffers);
}

BufferGuard::~BufferGuard() {
  try {
    restore();
  } catch (const std::exception&) {  // a GPU has failed, as the exception says that is under way
  }
}

void BufferGuard::restore() {
  for (const auto& [type, kept] : before_) copy(kept.numbers, kept.buffers);
}

void BufferGuard::share(const distributed::World& world, double pictures, double all_pictures) {
  if (world.size() == 1) return;
  const c10::AutoGradMode no_gradients(false);
  for (const auto& [type, kept] : before_) {
    if (!at::isFloatingType(type)) continue;
    const at::Tensor moves = (numbers_of(kept.buffers) - kept.numbers).to(at::kFloat).mul_(pictures / all_pictures);
    world.sum(moves);
    copy(kept.numbers + moves, kept.buffers);
  }
}

}  // namespace aviary::training
