#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/sigmoid.h>
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

// Calls function(kernels, picture, pixels) for every picture of maps like x, on many threads.
template <class Function>
void for_pictures(const at::Tensor& x, const Function& function) {
  with_type(x, [&]<class T>(T*) {
    in_parallel(x.size(0), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t picture = begin; picture < end; ++picture)
        function(kernels::norm_act<T>(), picture, x.size(2) * x.size(3));
    });
  });
}

// Of maps like x, with gradients where there are any: sums over each picture's pixels, N x C.
struct Sums {
  at::Tensor values;    // of the gradient times the activation's slope at scale x
  at::Tensor products;  // of this times x
};

Sums sums_of(const at::Tensor& gradient, const at::Tensor& x, const at::Tensor& scale, Activation activation) {
  const std::int64_t channels = x.size(1);
  Sums sums{at::zeros(scale.sizes()), at::zeros(scale.sizes())};
  const at::Tensor zeros = at::zeros({channels});
  for_pictures(x, [&]<class T>(const kernels::NormAct<T>& kernels, std::int64_t picture, std::int64_t pixels) {
    const kernels::Norm norm{numbers<float>(zeros), numbers<float>(scale) + picture * channels, numbers<float>(zeros)};
    const std::int64_t at = picture * pixels * channels;
    kernels.gradients(numbers<T>(x) + at, numbers<T>(gradient) + at, pixels, channels, norm, activation,
                      numbers<float>(sums.values) + picture * channels, numbers<float>(sums.products) + picture * channels);
  });
  return sums;
}

// The gradient of x by activation(scale x), plus `shift` in each channel of a picture.
at::Tensor gradient_through(const at::Tensor& gradient, const at::Tensor& x, const at::Tensor& scale, const at::Tensor& shift,
                            Activation activation) {
  if (activation == Activation::none) return made_of({gradient, scale, shift, activation});
  const std::int64_t channels = x.size(1);
  const at::Tensor zeros = at::zeros({channels});
  at::Tensor x_gradient = empty_map(x.sizes(), x);
  for_pictures(x, [&]<class T>(const kernels::NormAct<T>& kernels, std::int64_t picture, std::int64_t pixels) {
    const kernels::Norm norm{numbers<float>(zeros), numbers<float>(scale) + picture * channels, numbers<float>(zeros)};
    const std::int64_t at = picture * pixels * channels;
    kernels.input_gradient(numbers<T>(x) + at, numbers<T>(gradient) + at, pixels, channels, norm, numbers<float>(zeros),
                           numbers<float>(shift) + picture * channels, activation, numbers<T>(x_gradient) + at);
  });
  return x_gradient;
}

// Its gradient needs the excitation's: what excite_map() hands back for the map is the gradient of its result, which goes
// through activation and scale here, and to which the mean's is added, in one pass.
struct Squeeze : torch::autograd::Function<Squeeze> {
  static variable_list forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& scale, Activation activation) {
    RECORD_FUNCTION("aviary::squeeze_excite", maps_of({x}));
    context->save_for_backward({x, scale});
    keep(*context, activation);
    const at::Tensor ones = at::ones(scale.sizes());
    const at::Tensor mean = sums_of(x, x, ones, Activation::none).values / static_cast<double>(x.size(2) * x.size(3));
    return {x.view_as(x), mean.view({x.size(0), x.size(1), 1, 1})};
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const at::Tensor& gradient = gradients[0];
    RECORD_FUNCTION("aviary::squeeze_excite_backward", maps_of({gradient, gradient}));
    const variable_list saved = context->get_saved_variables();
    const double pixels = static_cast<double>(gradient.size(2) * gradient.size(3));
    const at::Tensor shift = (gradients[1] / pixels).to(at::kFloat).view(saved[1].sizes()).contiguous();
    const Activation activation = kept_activation(*context);
    return {gradient_through(gradient, saved[0], saved[1], shift, activation), at::Tensor(), at::Tensor()};
  }
};

struct Excite : torch::autograd::Function<Excite> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& map, const at::Tensor& logits, const at::Tensor& scale,
                            Activation activation) {
    RECORD_FUNCTION("aviary::squeeze_excite", maps_of({map, map}));
    // Past the version that Squeeze has saved: it is to see these values.
    scale.variable_data().copy_(logits.view(scale.sizes()).to(at::kFloat).sigmoid());
    context->save_for_backward({map, scale});
    keep(*context, activation);
    return made_of({map, scale, at::zeros(scale.sizes()), activation});
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor& scale = saved[1];
    const at::Tensor gradient = as_map(gradients[0], saved[0]);
    RECORD_FUNCTION("aviary::squeeze_excite_backward", maps_of({gradient, saved[0]}));
    const Activation activation = kept_activation(*context);
    const at::Tensor slope = sums_of(gradient, saved[0], scale, activation).products * scale * (1 - scale);
    return {gradient, slope.view({scale.size(0), scale.size(1), 1, 1}), at::Tensor(), at::Tensor()};
  }

  static Origin origin(const variable_list& saved, Activation activation) {
    return {saved[0], saved[1], at::zeros(saved[1].sizes()), activation};
  }
};

}  // namespace

Squeezed squeeze_map(const at::Tensor& x, Activation activation) {
  const at::Tensor scale = at::empty({x.size(0), x.size(1)});
  const variable_list made = Squeeze::apply(x, scale, activation);
  return {made[0], made[1], scale, activation};
}

at::Tensor excite_map(const Squeezed& squeezed, const at::Tensor& logits) {
  return Excite::apply(squeezed.map, logits, squeezed.scale, squeezed.activation);
}

std::optional<Origin> origin_in_excitation(const at::Tensor& y) { return origin_from<Excite>(y); }

}  // namespace aviary::nn
