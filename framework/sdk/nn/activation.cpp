#include <ATen/ops/empty_like.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <ATen/record_function.h>

#include "nn/fused.hpp"
#include "nn/kernels/norm_act.hpp"
#include "nn/maps.hpp"
#include "nn/nodes.hpp"
#include "nn/parallel.hpp"

namespace aviary::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// A norm that changes nothing, over blocks of so many numbers.
constexpr std::int64_t block = 1024;

class NoNorm {
 public:
  kernels::Norm norm() const { return {numbers<float>(zeros_), numbers<float>(ones_), numbers<float>(zeros_)}; }
  const float* zeros() const { return numbers<float>(zeros_); }

 private:
  at::Tensor zeros_ = at::zeros({block});
  at::Tensor ones_ = at::ones({block});
};

// Calls function(first, rows, channels) for all numbers, on many threads: rows of a block, and the rest as one row.
template <class Function>
void for_blocks(std::int64_t count, const Function& function) {
  const std::int64_t rows = count / block;
  if (rows > 0) in_parallel(rows, [&](std::int64_t begin, std::int64_t end) { function(begin * block, end - begin, block); });
  if (rows * block < count) function(rows * block, std::int64_t{1}, count - rows * block);
}

struct Activated : torch::autograd::Function<Activated> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, Activation activation) {
    context->save_for_backward({x});
    keep(*context, activation);
    at::Tensor y = at::empty_like(x);
    RECORD_FUNCTION("aviary::activation", maps_of({x, y}));
    const NoNorm none;
    with_type(x, [&]<class T>(T*) {
      for_blocks(x.numel(), [&](std::int64_t first, std::int64_t rows, std::int64_t channels) {
        kernels::norm_act<T>().normalise(numbers<T>(x) + first, rows, channels, none.norm(), activation, numbers<T>(y) + first);
      });
    });
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const at::Tensor x = context->get_saved_variables()[0];
    const Activation activation = kept_activation(*context);
    at::Tensor gradient = gradients[0];
    if (gradient.strides() != x.strides() || gradient.scalar_type() != x.scalar_type())
      gradient = at::empty_like(x).copy_(gradient);
    const at::Tensor x_gradient = at::empty_like(x);
    RECORD_FUNCTION("aviary::activation_backward", maps_of({x, gradient, x_gradient}));
    const NoNorm none;
    with_type(x, [&]<class T>(T*) {
      for_blocks(x.numel(), [&](std::int64_t first, std::int64_t rows, std::int64_t channels) {
        kernels::norm_act<T>().input_gradient(numbers<T>(x) + first, numbers<T>(gradient) + first, rows, channels, none.norm(),
                                              none.zeros(), none.zeros(), activation, numbers<T>(x_gradient) + first);
      });
    });
    return {x_gradient, at::Tensor()};
  }
};

}  // namespace

at::Tensor activated(const at::Tensor& x, Activation activation) { return Activated::apply(x, activation); }

}  // namespace aviary::nn
