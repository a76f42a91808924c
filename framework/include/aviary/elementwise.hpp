// One pass over the elements of several tensors of the same shape: what an optimizer's step is made of.
//
//   aviary::elementwise([momentum]<class T>(T g, T& v) { v = T(momentum) * v + g; }, gradient, velocity);
//
// Beside arithmetic a function may call aviary::sqrt, sign and larger: it is called with numbers on the CPU, and with Numbers,
// all at once, on other devices. On the CPU no tensor is made on the way. LibTorch's iterator shares the elements out among the
// compute threads and follows each tensor's own strides; where all are dense in the same order, which gradients and their
// parameters are, the loop is one that compilers vectorise (aviary_add_plugin asks g++ to). Settings are double; a function
// casts them, lest float32 be computed in double.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <ATen/TensorIterator.h>
#include <ATen/core/Tensor.h>

#include <aviary/numbers.hpp>

namespace aviary {
namespace detail {

template <class Function, class... T>
void dense(const Function& function, std::int64_t count, T*... data) {
  // Without it g++ gives up where many tensors might overlap, as for adan.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC ivdep
#endif
  for (std::int64_t i = 0; i < count; ++i) function(data[i]...);
}

// The iterator wants what is written before what is read.
template <class T, class Function, std::size_t... Written>
void elementwise(const Function& function, at::TensorIterator& iterator, std::index_sequence<Written...>) {
  constexpr std::size_t read = sizeof...(Written);
  iterator.for_each([&function](char** data, const std::int64_t* strides, std::int64_t count) {
    const Function local = function;  // so that what it captured can live in registers
    const auto at = [data](std::size_t tensor, std::int64_t offset) { return reinterpret_cast<T*>(data[tensor] + offset); };
    constexpr auto dense_stride = static_cast<std::int64_t>(sizeof(T));
    if (strides[read] == dense_stride && ((strides[Written] == dense_stride) && ...)) {
      dense(local, count, at(read, 0), at(Written, 0)...);
    } else {
      for (std::int64_t i = 0; i < count; ++i) local(*at(read, i * strides[read]), *at(Written, i * strides[Written])...);
    }
  });
}

/// On the CPU.
template <class T, class Function, class... Tensors>
void elementwise_loop(const Function& function, const at::Tensor& read, const Tensors&... written) {
  at::TensorIteratorConfig config;
  config.set_check_mem_overlap(false).resize_outputs(false);
  (config.add_output(written), ...);
  at::TensorIterator iterator = config.add_input(read).build();
  elementwise<T>(function, iterator, std::index_sequence_for<Tensors...>());
}

template <class Function, std::size_t... Written>
void elementwise_at_once(const Function& function, at::TensorList read, const at::TensorList* written,
                         std::index_sequence<Written...>) {
  std::array<Numbers, sizeof...(Written)> numbers = {Numbers(written[Written])...};
  function(Numbers(read), numbers[Written]...);
  (numbers[Written].store(written[Written]), ...);
}

}  // namespace detail

/// Calls function(read, written...) once for every element, by reference, from many threads. Each argument is a tensor or a
/// list of them; the i-th tensors of all lists have the same shape and do not overlap. On the CPU they are float32 or float64.
template <class Function, class... Lists>
void elementwise(const Function& function, at::TensorList read, const Lists&... written) {
  const std::array<at::TensorList, sizeof...(Lists)> lists = {at::TensorList(written)...};
  const auto sequence = std::index_sequence_for<Lists...>();
  if (read.empty()) return;
  const bool loops = read.front().is_cpu();
  const at::ScalarType type = read.front().scalar_type();
  if (!loops || (type != at::kFloat && type != at::kDouble))
    return detail::elementwise_at_once(function, read, lists.data(), sequence);
  [&]<std::size_t... Written>(std::index_sequence<Written...>) {
    for (std::size_t i = 0; i < read.size(); ++i)
      if (type == at::kFloat)
        detail::elementwise_loop<float>(function, read[i], lists[Written][i]...);
      else
        detail::elementwise_loop<double>(function, read[i], lists[Written][i]...);
  }
  (sequence);
}

}  // namespace aviary
