#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/zeros.h>
#include <ATen/record_function.h>
#include <torch/csrc/autograd/custom_function.h>

#include "nn/fused.hpp"
#include "nn/kernels/norm_act.hpp"
#include "nn/maps.hpp"
#include "nn/parallel.hpp"

namespace aviary::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Sums over each picture's pixels, N x C.
struct Sums {
  at::Tensor values;    // of a
  at::Tensor products;  // of a times b
};

Sums sums_of(const at::Tensor& a, const at::Tensor& b) {
  const std::int64_t channels = a.size(1);
  const std::int64_t pixels = a.size(2) * a.size(3);
  Sums sums{at::zeros({a.size(0), channels}), at::zeros({a.size(0), channels})};
  const at::Tensor zeros = at::zeros({channels});
  const kernels::Norm norm{numbers<float>(zeros), numbers<float>(zeros), numbers<float>(zeros)};
  with_type(a, [&]<class T>(T*) {
    in_parallel(a.size(0), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t picture = begin; picture < end; ++picture)
        kernels::norm_act<T>().gradients(numbers<T>(b) + picture * pixels * channels,
                                         numbers<T>(a) + picture * pixels * channels, pixels, channels, norm, Activation::none,
                                         numbers<float>(sums.values) + picture * channels,
                                         numbers<float>(sums.products) + picture * channels);
    });
  });
  return sums;
}

// Each picture's channels times its scale, plus its shift: both N x C.
at::Tensor scaled(const at::Tensor& x, const at::Tensor& scale, const at::Tensor& shift) {
  const std::int64_t channels = x.size(1);
  const std::int64_t pixels = x.size(2) * x.size(3);
  at::Tensor y = empty_map(x.sizes(), x);
  with_type(x, [&]<class T>(T*) {
    in_parallel(x.size(0), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t picture = begin; picture < end; ++picture) {
        const kernels::Norm norm{nullptr, numbers<float>(scale) + picture * channels,
                                 numbers<float>(shift) + picture * channels};
        kernels::norm_act<T>().normalise(numbers<T>(x) + picture * pixels * channels, pixels, channels, norm, Activation::none,
                                         numbers<T>(y) + picture * pixels * channels);
      }
    });
  });
  return y;
}

// Its gradient needs the excitation's: what excite_map() hands back for the map is the gradient of its result, which is scaled
// and added to the mean's here, in one pass.
struct Squeeze : torch::autograd::Function<Squeeze> {
  static variable_list forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& scale) {
    RECORD_FUNCTION("aviary::squeeze_excite", maps_of({x}));
    context->save_for_backward({scale});
    const at::Tensor mean = sums_of(x, x).values / static_cast<double>(x.size(2) * x.size(3));
    return {x.view_as(x), mean.view({x.size(0), x.size(1), 1, 1})};
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const at::Tensor& gradient = gradients[0];
    RECORD_FUNCTION("aviary::squeeze_excite_backward", maps_of({gradient, gradient}));
    const at::Tensor scale = context->get_saved_variables()[0];
    const double pixels = static_cast<double>(gradient.size(2) * gradient.size(3));
    const at::Tensor shift = (gradients[1] / pixels).to(at::kFloat).contiguous();
    return {scaled(gradient, scale, shift), at::Tensor()};
  }
};

struct Excite : torch::autograd::Function<Excite> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& map, const at::Tensor& logits,
                            const at::Tensor& scale) {
    RECORD_FUNCTION("aviary::squeeze_excite", maps_of({map, map}));
    // Past the version that Squeeze has saved: it is to see these values.
    scale.variable_data().copy_(logits.view(scale.sizes()).to(at::kFloat).sigmoid());
    context->save_for_backward({map, scale});
    return scaled(map, scale, at::zeros(scale.sizes()));
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor& scale = saved[1];
    const at::Tensor gradient = as_map(gradients[0], saved[0]);
    RECORD_FUNCTION("aviary::squeeze_excite_backward", maps_of({gradient, saved[0]}));
    const at::Tensor slope = sums_of(gradient, saved[0]).products * scale * (1 - scale);
    return {gradient, slope.view({scale.size(0), scale.size(1), 1, 1}), at::Tensor()};
  }
};

}  // namespace

Squeezed squeeze_map(const at::Tensor& x) {
  const at::Tensor scale = at::empty({x.size(0), x.size(1)});
  const variable_list made = Squeeze::apply(x, scale);
  return {made[0], made[1], scale};
}

at::Tensor excite_map(const Squeezed& squeezed, const at::Tensor& logits) {
  return Excite::apply(squeezed.map, logits, squeezed.scale);
}

}  // namespace aviary::nn
