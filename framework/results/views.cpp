#include "results/views.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/flip.h>
#include <ATen/ops/softmax.h>

namespace aviary::results {

std::int64_t Views::picture_size(std::int64_t size) const { return crop5 ? (size * 8 + 6) / 7 : size; }

std::vector<at::Tensor> views_of(const at::Tensor& images, const Views& views) {
  std::vector<at::Tensor> crops = {images};
  if (views.crop5) {
    const std::int64_t whole = images.size(2);
    const std::int64_t size = whole * 7 / 8;
    const std::int64_t end = whole - size;
    const auto cut = [&](std::int64_t top, std::int64_t left) {
      return images.narrow(2, top, size).narrow(3, left, size).contiguous(at::MemoryFormat::ChannelsLast);
    };
    crops = {cut(0, 0), cut(0, end), cut(end, 0), cut(end, end), cut(end / 2, end / 2)};
  }
  if (!views.flip) return crops;
  std::vector<at::Tensor> all = crops;
  for (const at::Tensor& crop : crops) all.push_back(crop.flip(3));
  return all;
}

at::Tensor mean_over_views(const at::Tensor& images, const Views& views,
                           const std::function<at::Tensor(const at::Tensor&)>& logits_of) {
  if (views.none()) return logits_of(images);
  at::Tensor sum;
  const std::vector<at::Tensor> all = views_of(images, views);
  for (const at::Tensor& view : all) {
    const at::Tensor probabilities = at::softmax(logits_of(view).to(at::kDouble), 1);
    sum = sum.defined() ? sum + probabilities : probabilities;
  }
  return (sum / static_cast<double>(all.size())).log();
}

}  // namespace aviary::results
