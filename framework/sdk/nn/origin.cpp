#include <algorithm>

#include "nn/fused.hpp"
#include "nn/kernels/norm_act.hpp"
#include "nn/maps.hpp"
#include "nn/parallel.hpp"

namespace aviary::nn {

at::Tensor made_of(const Origin& origin) {
  const at::Tensor& x = origin.x;
  const std::int64_t channels = x.size(1);
  const std::int64_t rows = x.numel() / channels;
  const std::int64_t scaled_alike = rows * channels / origin.scale.numel();
  at::Tensor y = empty_map(x.sizes(), x);
  with_type(x, [&]<class T>(T*) {
    in_parallel(rows, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin; row < end;) {
        const std::int64_t scale = row / scaled_alike;
        const std::int64_t count = std::min(end, (scale + 1) * scaled_alike) - row;
        const kernels::Norm norm{nullptr, numbers<float>(origin.scale) + scale * channels,
                                 numbers<float>(origin.shift) + scale * channels};
        kernels::norm_act<T>().normalise(numbers<T>(x) + row * channels, count, channels, norm, origin.activation,
                                         numbers<T>(y) + row * channels);
        row += count;
      }
    });
  });
  return y;
}

std::optional<Origin> origin_of(const at::Tensor& y) {
  std::optional<Origin> origin = origin_in_norm(y);
  return origin ? origin : origin_in_excitation(y);
}

}  // namespace aviary::nn
