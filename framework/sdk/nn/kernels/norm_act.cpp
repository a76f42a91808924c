#include "nn/kernels/norm_act.hpp"

#include <algorithm>
#include <cstdint>
#include <type_traits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "nn/kernels/norm_act.cpp"
#include <hwy/foreach_target.h>

#include "nn/kernels/dispatch.hpp"
#include "nn/kernels/vectors-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace aviary::nn::kernels::HWY_NAMESPACE {
namespace {

// 1 / (1 + e^-z)
template <class T, class D, class V>
HWY_INLINE V sigmoid(D d, V z) {
  const auto below = hn::Add(hn::Set(d, 1.0F), power_of_two<T>(d, hn::Mul(z, hn::Set(d, -1.44269504F))));
  const auto near = hn::ApproximateReciprocal(below);
  if constexpr (!std::is_same_v<T, float>) return near;                // 11 bits or more
  return hn::Mul(near, hn::NegMulAdd(below, near, hn::Set(d, 2.0F)));  // a step of Newton's doubles the digits
}

// What is not a number stays so, which Highway's Max would not do everywhere: a step that diverges must show.
template <class T, Activation activation, class D, class V>
HWY_INLINE V activated(D d, V z) {
  const auto six = hn::Set(d, 6.0F);
  if constexpr (activation == Activation::relu || activation == Activation::relu6)
    z = hn::IfThenZeroElse(hn::Lt(z, hn::Zero(d)), z);
  if constexpr (activation == Activation::relu6) z = hn::IfThenElse(hn::Gt(z, six), six, z);
  if constexpr (activation == Activation::silu) z = hn::Mul(z, sigmoid<T>(d, z));
  return z;
}

// gradient times the activation's slope at z. At a corner as LibTorch: relu has slope 0 there, a clamp 1.
template <class T, Activation activation, class D, class V>
HWY_INLINE V through(D d, V z, V gradient) {
  const auto zero = hn::Zero(d);
  if constexpr (activation == Activation::relu) return hn::IfThenZeroElse(hn::Le(z, zero), gradient);
  if constexpr (activation == Activation::relu6)
    return hn::IfThenElseZero(hn::And(hn::Ge(z, zero), hn::Le(z, hn::Set(d, 6.0F))), gradient);
  if constexpr (activation == Activation::silu) {
    const auto s = sigmoid<T>(d, z);
    return hn::Mul(hn::Mul(gradient, s), hn::MulAdd(z, hn::Sub(hn::Set(d, 1.0F), s), hn::Set(d, 1.0F)));
  }
  return gradient;
}

// Four rows at a time share what is known of a channel; the rest one by one.
template <class Visit>
HWY_INLINE void for_rows(std::ptrdiff_t rows, const Visit& visit) {
  std::ptrdiff_t row = 0;
  for (; row + 4 <= rows; row += 4) visit(row, std::integral_constant<int, 4>());
  for (; row < rows; ++row) visit(row, std::integral_constant<int, 1>());
}

// Sums over short runs of rows, of distances from what is about their mean: these stay small, and float32 is enough.
constexpr std::ptrdiff_t run = 256;

template <class T>
void moments_of_run(const T* x, std::ptrdiff_t rows, std::ptrdiff_t channels, const float* about, float* sum, float* squares) {
  std::fill_n(sum, channels, 0.0F);
  std::fill_n(squares, channels, 0.0F);
  for_rows(rows, [&](std::ptrdiff_t row, auto count) {
    const T* const from = x + row * channels;
    for_channels(channels, [&](auto d, std::size_t c) {
      const auto middle = load(d, about + c);
      auto total = load(d, sum + c);
      auto total_squares = load(d, squares + c);
      const auto value0 = hn::Sub(load(d, from + c), middle);
      if constexpr (count == 4) {
        const auto value1 = hn::Sub(load(d, from + channels + c), middle);
        const auto value2 = hn::Sub(load(d, from + 2 * channels + c), middle);
        const auto value3 = hn::Sub(load(d, from + 3 * channels + c), middle);
        total = hn::Add(total, hn::Add(hn::Add(value0, value1), hn::Add(value2, value3)));
        const auto left = hn::MulAdd(value0, value0, hn::Mul(value1, value1));
        total_squares = hn::Add(total_squares, hn::MulAdd(value2, value2, hn::MulAdd(value3, value3, left)));
      } else {
        total = hn::Add(total, value0);
        total_squares = hn::MulAdd(value0, value0, total_squares);
      }
      store(total, d, sum + c);
      store(total_squares, d, squares + c);
    });
  });
}

template <class T>
void moments(const T* x, std::ptrdiff_t rows, std::ptrdiff_t channels, Moments& merged, float* scratch) {
  float* const about = scratch;
  float* const sum = scratch + channels;
  float* const squares = scratch + 2 * channels;
  for (std::ptrdiff_t row = 0; row < rows; row += run) {
    const std::ptrdiff_t count = std::min(run, rows - row);
    const T* const from = x + row * channels;
    if (merged.count == 0) {  // about the first row, to find a mean
      for_channels(channels, [&](auto d, std::size_t c) { store(load(d, from + c), d, about + c); });
      moments_of_run(from, count, channels, about, sum, squares);
      for (std::ptrdiff_t c = 0; c < channels; ++c) about[c] += sum[c] / static_cast<float>(count);
    } else {
      for (std::ptrdiff_t c = 0; c < channels; ++c) about[c] = static_cast<float>(merged.mean[c]);
    }
    moments_of_run(from, count, channels, about, sum, squares);
    const double per_row = 1 / static_cast<double>(count);
    const double share = static_cast<double>(count) / static_cast<double>(merged.count + count);
    const double weight = static_cast<double>(merged.count) * share;
    for (std::ptrdiff_t c = 0; c < channels; ++c) {
      const double offset = sum[c] * per_row;
      const double distance = about[c] + offset - merged.mean[c];
      merged.mean[c] += distance * share;
      merged.squares[c] += squares[c] - offset * sum[c] + distance * distance * weight;
    }
    merged.count += count;
  }
}

// Calls function with the activation as a constant.
template <class Function>
HWY_INLINE void with(Activation activation, const Function& function) {
  switch (activation) {
    case Activation::none: return function(std::integral_constant<Activation, Activation::none>());
    case Activation::relu: return function(std::integral_constant<Activation, Activation::relu>());
    case Activation::relu6: return function(std::integral_constant<Activation, Activation::relu6>());
    case Activation::silu: return function(std::integral_constant<Activation, Activation::silu>());
  }
}

// Calls visit(kind, d, c, at, count) for vectors d of channels from c on, in `count` rows from the number `at` on.
template <class Visit>
HWY_INLINE void for_values(std::ptrdiff_t rows, std::ptrdiff_t channels, Activation activation, const Visit& visit) {
  with(activation, [&](auto kind) {
    for_rows(rows, [&](std::ptrdiff_t row, auto count) {
      for_channels(channels,
                   [&](auto d, std::size_t c) { visit(kind, d, c, row * channels + static_cast<std::ptrdiff_t>(c), count); });
    });
  });
}

template <class T>
void normalise(const T* x, std::ptrdiff_t rows, std::ptrdiff_t channels, const Norm& norm, Activation activation, T* y) {
  for_values(rows, channels, activation, [&](auto kind, auto d, std::size_t c, std::ptrdiff_t at, auto count) {
    const auto scale = load(d, norm.scale + c);
    const auto shift = load(d, norm.shift + c);
    for (int i = 0; i < count; ++i, at += channels) {
      prefetch(x + at);
      store(activated<T, kind>(d, hn::MulAdd(load(d, x + at), scale, shift)), d, y + at);
    }
  });
}

template <class T>
void gradients(const T* x, const T* gradient, std::ptrdiff_t rows, std::ptrdiff_t channels, const Norm& norm,
               Activation activation, float* sums, float* products) {
  for_values(rows, channels, activation, [&](auto kind, auto d, std::size_t c, std::ptrdiff_t at, auto count) {
    const auto scale = load(d, norm.scale + c);
    const auto shift = load(d, norm.shift + c);
    const auto middle = load(d, norm.mean + c);
    auto sum = hn::Zero(d);
    auto product = hn::Zero(d);
    for (int i = 0; i < count; ++i, at += channels) {
      prefetch(x + at);
      prefetch(gradient + at);
      const auto value = load(d, x + at);
      const auto slope = through<T, kind>(d, hn::MulAdd(value, scale, shift), load(d, gradient + at));
      sum = hn::Add(sum, slope);
      product = hn::MulAdd(slope, hn::Sub(value, middle), product);
    }
    store(hn::Add(load(d, sums + c), sum), d, sums + c);
    store(hn::Add(load(d, products + c), product), d, products + c);
  });
}

template <class T>
void input_gradient(const T* x, const T* gradient, std::ptrdiff_t rows, std::ptrdiff_t channels, const Norm& norm,
                    const float* slope, const float* offset, Activation activation, T* x_gradient) {
  for_values(rows, channels, activation, [&](auto kind, auto d, std::size_t c, std::ptrdiff_t at, auto count) {
    const auto scale = load(d, norm.scale + c);
    const auto shift = load(d, norm.shift + c);
    const auto middle = load(d, norm.mean + c);
    const auto rise = load(d, slope + c);
    const auto rest = load(d, offset + c);
    for (int i = 0; i < count; ++i, at += channels) {
      prefetch(x + at);
      prefetch(gradient + at);
      const auto value = load(d, x + at);
      const auto direct = through<T, kind>(d, hn::MulAdd(value, scale, shift), load(d, gradient + at));
      const auto centred = hn::MulAdd(hn::Sub(value, middle), rise, rest);
      store(hn::MulAdd(direct, scale, centred), d, x_gradient + at);
    }
  });
}

template <class T>
constexpr NormAct<T> table{&moments<T>, &normalise<T>, &gradients<T>, &input_gradient<T>};

const NormAct<float>* float_table() { return &table<float>; }
const NormAct<std::uint16_t>* bfloat_table() { return &table<std::uint16_t>; }

}  // namespace
}  // namespace aviary::nn::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace aviary::nn::kernels {
AVIARY_DISPATCH(NormAct, norm_act)
}  // namespace aviary::nn::kernels
#endif
