#include <algorithm>

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/zeros.h>
#include <ATen/record_function.h>
#include <torch/csrc/autograd/custom_function.h>

#include "nn/fused.hpp"
#include "nn/kernels/depthwise.hpp"
#include "nn/maps.hpp"
#include "nn/parallel.hpp"

namespace aviary::nn {
namespace {

using kernels::DepthwiseShape;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

DepthwiseShape shape_of(const at::Tensor& x, const at::Tensor& weight, std::int64_t stride) {
  const std::int64_t size = weight.size(2);
  const auto out = [&](std::int64_t length) { return (length + size / 2 * 2 - size) / stride + 1; };
  return {x.size(1), x.size(2), x.size(3), out(x.size(2)), out(x.size(3)), size, stride};
}

// size x size x channels
at::Tensor taps_first(const at::Tensor& weight) { return weight.detach().squeeze(1).permute({1, 2, 0}).contiguous(); }

// `weight`, as the kernels for x take it.
at::Tensor packed(const at::Tensor& weight, const at::Tensor& x, const DepthwiseShape& shape) {
  const at::Tensor taps = taps_first(weight);
  at::Tensor result = at::empty_like(taps);
  with_type(x, [&]<class T>(T*) { kernels::depthwise<T>().pack(shape, numbers<float>(taps), numbers<float>(result)); });
  return result;
}

// The kernels, pictures and weights of one convolution.
template <class T>
class Maps {
 public:
  Maps(const at::Tensor& x, const DepthwiseShape& shape) : shape_(shape), zeros_(at::zeros({shape.channels}, x.options())) {}

  const kernels::Depthwise<T>& kernels() const { return kernels_; }
  T* in(const at::Tensor& map, std::int64_t picture) const {
    return numbers<T>(map) + picture * shape_.height * shape_.width * shape_.channels;
  }
  T* out(const at::Tensor& map, std::int64_t picture) const {
    return numbers<T>(map) + picture * shape_.out_height * shape_.out_width * shape_.channels;
  }
  const T* zeros() const { return numbers<T>(zeros_); }

 private:
  const kernels::Depthwise<T>& kernels_ = kernels::depthwise<T>();
  const DepthwiseShape& shape_;
  at::Tensor zeros_;
};

// Calls function(picture, row) for all rows of all pictures, on many threads.
template <class Function>
void for_rows(std::int64_t pictures, std::int64_t rows, const Function& function) {
  in_parallel(pictures * rows, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) function(i / rows, i % rows);
  });
}

at::Tensor weight_gradient_of(const at::Tensor& x, const at::Tensor& out_gradient, const DepthwiseShape& shape) {
  const std::int64_t rows = x.size(0) * shape.out_height;
  const std::int64_t parts = std::min(rows, most_parts);
  const at::Tensor sums = at::zeros({parts, shape.size, shape.size, shape.channels});
  const at::Tensor gradient = at::empty({shape.size, shape.size, shape.channels});
  with_type(x, [&]<class T>(T*) {
    const Maps<T> maps(x, shape);
    in_parallel(parts, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t part = begin; part < end; ++part) {
        float* const sum = numbers<float>(sums) + part * shape.size * shape.size * shape.channels;
        for (std::int64_t i = rows * part / parts; i < rows * (part + 1) / parts; ++i) {
          const std::int64_t picture = i / shape.out_height;
          maps.kernels().weight_gradient(shape, maps.in(x, picture), maps.zeros(), maps.out(out_gradient, picture),
                                         i % shape.out_height, sum);
        }
      }
    });
    maps.kernels().unpack(shape, numbers<float>(sums.sum(0)), numbers<float>(gradient));
  });
  return gradient.permute({2, 0, 1}).unsqueeze(1).contiguous();
}

struct DepthwiseConv : torch::autograd::Function<DepthwiseConv> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight, std::int64_t stride) {
    context->save_for_backward({x, weight});
    context->saved_data["stride"] = stride;
    const DepthwiseShape shape = shape_of(x, weight, stride);
    const at::Tensor taps = packed(weight, x, shape);
    at::Tensor y = empty_map({x.size(0), shape.channels, shape.out_height, shape.out_width}, x);
    RECORD_FUNCTION("aviary::depthwise_conv", maps_of({x, y}));
    with_type(x, [&]<class T>(T*) {
      const Maps<T> maps(x, shape);
      for_rows(x.size(0), shape.out_height, [&](std::int64_t picture, std::int64_t row) {
        maps.kernels().forward(shape, maps.in(x, picture), maps.zeros(), numbers<float>(taps), row, maps.out(y, picture));
      });
    });
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor& x = saved[0];
    const at::Tensor& weight = saved[1];
    const DepthwiseShape shape = shape_of(x, weight, context->saved_data["stride"].toInt());
    const at::Tensor out_gradient = as_map(gradients[0], x);
    at::Tensor x_gradient;
    if (context->needs_input_grad(0)) x_gradient = empty_map(x.sizes(), x);
    RECORD_FUNCTION("aviary::depthwise_conv_backward", maps_of({x, out_gradient, x_gradient}));
    if (x_gradient.defined()) {
      const at::Tensor taps = packed(weight, x, shape);
      with_type(x, [&]<class T>(T*) {
        const Maps<T> maps(x, shape);
        for_rows(x.size(0), shape.height, [&](std::int64_t picture, std::int64_t row) {
          maps.kernels().input_gradient(shape, maps.out(out_gradient, picture), maps.zeros(), numbers<float>(taps), row,
                                        maps.in(x_gradient, picture));
        });
      });
    }
    at::Tensor weight_gradient;
    if (context->needs_input_grad(1)) weight_gradient = weight_gradient_of(x, out_gradient, shape);
    return {x_gradient, weight_gradient, at::Tensor()};
  }
};

}  // namespace

bool takes_depthwise(const at::Tensor& weight) { return weight.size(2) <= kernels::depthwise_most_size; }

at::Tensor depthwise_conv(const at::Tensor& x, const at::Tensor& weight, std::int64_t stride) {
  return DepthwiseConv::apply(x, weight, stride);
}

}  // namespace aviary::nn
