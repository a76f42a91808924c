#include <aviary/numbers.hpp>

#include <cstddef>

#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_foreach_div.h>
#include <ATen/ops/_foreach_maximum.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_neg.h>
#include <ATen/ops/_foreach_reciprocal.h>
#include <ATen/ops/_foreach_sqrt.h>
#include <ATen/ops/_foreach_sub.h>
#if __has_include(<ATen/ops/_foreach_copy.h>)
#include <ATen/ops/_foreach_copy.h>
#endif

namespace aviary {

Numbers operator+(const Numbers& a, const Numbers& b) {
  if (a.same() && b.same()) return Numbers(a.number_ + b.number_);
  if (b.same()) return Numbers(at::_foreach_add(a.tensors_, b.number_));
  if (a.same()) return Numbers(at::_foreach_add(b.tensors_, a.number_));
  return Numbers(at::_foreach_add(a.tensors_, b.tensors_));
}

Numbers operator-(const Numbers& a, const Numbers& b) {
  if (a.same() && b.same()) return Numbers(a.number_ - b.number_);
  if (b.same()) return Numbers(at::_foreach_sub(a.tensors_, b.number_));
  if (a.same()) return Numbers(at::_foreach_add(at::_foreach_neg(b.tensors_), a.number_));
  return Numbers(at::_foreach_sub(a.tensors_, b.tensors_));
}

Numbers operator*(const Numbers& a, const Numbers& b) {
  if (a.same() && b.same()) return Numbers(a.number_ * b.number_);
  if (b.same()) return Numbers(at::_foreach_mul(a.tensors_, b.number_));
  if (a.same()) return Numbers(at::_foreach_mul(b.tensors_, a.number_));
  return Numbers(at::_foreach_mul(a.tensors_, b.tensors_));
}

Numbers operator/(const Numbers& a, const Numbers& b) {
  if (a.same() && b.same()) return Numbers(a.number_ / b.number_);
  if (b.same()) return Numbers(at::_foreach_div(a.tensors_, b.number_));
  if (a.same()) return Numbers(at::_foreach_mul(at::_foreach_reciprocal(b.tensors_), a.number_));
  return Numbers(at::_foreach_div(a.tensors_, b.tensors_));
}

Numbers sqrt(const Numbers& a) { return a.same() ? Numbers(std::sqrt(a.number_)) : Numbers(at::_foreach_sqrt(a.tensors_)); }

Numbers sign(const Numbers& a) {
  if (a.same()) return Numbers(sign(a.number_));
  std::vector<at::Tensor> signs;
  for (const at::Tensor& each : a.tensors_) signs.push_back(each.sign());
  return Numbers(std::move(signs));
}

Numbers larger(const Numbers& a, const Numbers& b) {
  if (a.same() && b.same()) return Numbers(larger(a.number_, b.number_));
  const auto floored = [](const Numbers& of, double number) {
    std::vector<at::Tensor> values;
    for (const at::Tensor& each : of.tensors_) values.push_back(each.clamp_min(number));
    return Numbers(std::move(values));
  };
  if (b.same()) return floored(a, b.number_);
  if (a.same()) return floored(b, a.number_);
  return Numbers(at::_foreach_maximum(a.tensors_, b.tensors_));
}

void Numbers::store(at::TensorList into) const {
  if (same()) {
    for (const at::Tensor& each : into) each.fill_(number_);
    return;
  }
#if __has_include(<ATen/ops/_foreach_copy.h>)
  at::_foreach_copy_(into, tensors_);
#else
  for (std::size_t i = 0; i < into.size(); ++i) into[i].copy_(tensors_[i]);
#endif
}

}  // namespace aviary
