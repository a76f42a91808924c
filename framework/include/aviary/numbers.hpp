// The numbers of several tensors as if they were one: what elementwise() calls a function with where there is no loop over
// them, as on a GPU. Each operation is one of LibTorch's for lists of tensors, which takes few launches for all of them.
#pragma once

#include <cmath>
#include <type_traits>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

#include <aviary/api.hpp>

namespace aviary {

/// A value: what is computed from it, or added to it, are new numbers.
class AVIARY_API Numbers {
 public:
  /// The same for every element.
  explicit Numbers(double number) : number_(number) {}
  /// Of floating-point tensors on one device, at least one; they are not copied.
  explicit Numbers(at::TensorList tensors) : tensors_(tensors.vec()) {}

  /// Puts them into tensors of the same shapes; those that it was made of stay as they are.
  void store(at::TensorList into) const;

  Numbers& operator+=(const Numbers& other) { return *this = *this + other; }
  Numbers& operator-=(const Numbers& other) { return *this = *this - other; }
  Numbers& operator*=(const Numbers& other) { return *this = *this * other; }
  Numbers& operator/=(const Numbers& other) { return *this = *this / other; }

  AVIARY_API friend Numbers operator+(const Numbers& a, const Numbers& b);
  AVIARY_API friend Numbers operator-(const Numbers& a, const Numbers& b);
  AVIARY_API friend Numbers operator*(const Numbers& a, const Numbers& b);
  AVIARY_API friend Numbers operator/(const Numbers& a, const Numbers& b);
  friend Numbers sqrt(const Numbers& a);
  friend Numbers sign(const Numbers& a);
  friend Numbers larger(const Numbers& a, const Numbers& b);

 private:
  explicit Numbers(std::vector<at::Tensor>&& tensors) : tensors_(std::move(tensors)) {}
  bool same() const { return tensors_.empty(); }

  std::vector<at::Tensor> tensors_;  // none: number_ for every element
  double number_ = 0;
};

// What a function may call beside arithmetic.
AVIARY_API Numbers sqrt(const Numbers& a);
AVIARY_API Numbers sign(const Numbers& a);
AVIARY_API Numbers larger(const Numbers& a, const Numbers& b);
inline float sqrt(float a) { return std::sqrt(a); }
inline double sqrt(double a) { return std::sqrt(a); }
template <class T>
requires std::is_floating_point_v<T> T sign(T a) { return (a > 0 ? T(1) : T(0)) - (a < 0 ? T(1) : T(0)); }
template <class T>
requires std::is_floating_point_v<T> T larger(T a, T b) { return a < b ? b : a; }

}  // namespace aviary
