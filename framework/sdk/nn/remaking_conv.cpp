#include <array>

#include <ATen/ops/conv2d.h>
#include <ATen/ops/convolution_backward.h>
#include <ATen/record_function.h>

#include <aviary/nn/layers.hpp>

#include "nn/fused.hpp"
#include "nn/maps.hpp"
#include "nn/nodes.hpp"

namespace aviary::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct RemakingConv : torch::autograd::Function<RemakingConv> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight, const Window& window,
                            const Origin& origin) {
    const at::Tensor cast_weight = weight.to(x.scalar_type());
    context->save_for_backward({origin.x, origin.scale, origin.shift, cast_weight});
    keep(*context, origin.activation);
    context->saved_data["stride"] = window.stride;
    context->saved_data["groups"] = window.groups;
    return at::conv2d(x, cast_weight, {}, window.stride, window.size / 2, 1, window.groups);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor& weight = saved[3];
    const Activation activation = kept_activation(*context);
    const at::Tensor x = [&] {
      RECORD_FUNCTION("aviary::remake", maps_of({saved[0], saved[0]}));
      return made_of({saved[0], saved[1], saved[2], activation}).to(weight.scalar_type());
    }();
    const std::array<bool, 3> wanted{context->needs_input_grad(0), context->needs_input_grad(1), false};
    const auto [of_x, of_weight, of_bias] =
        at::convolution_backward(gradients[0], x, weight, at::OptionalIntArrayRef(), context->saved_data["stride"].toInt(),
                                 weight.size(2) / 2, 1, false, 0, context->saved_data["groups"].toInt(), wanted);
    return {of_x, of_weight.defined() ? of_weight.to(at::kFloat) : of_weight, at::Tensor(), at::Tensor()};
  }
};

}  // namespace

at::Tensor remaking_conv(const at::Tensor& x, const at::Tensor& weight, const Window& window, const Origin& origin) {
  return RemakingConv::apply(x, weight, window, origin);
}

}  // namespace aviary::nn
