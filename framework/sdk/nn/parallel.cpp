#include "nn/parallel.hpp"

#include <ATen/TensorIterator.h>
#include <ATen/ops/empty.h>

namespace aviary::nn {

// at::parallel_for is compiled into whoever calls it, with that one's OpenMP, of which a pip-installed LibTorch has another.
// Its iterator over as many bytes as there are calls runs on LibTorch's own threads; the bytes are never read.
void in_parallel(std::int64_t count, const std::function<void(std::int64_t begin, std::int64_t end)>& function) {
  const at::Tensor bytes = at::empty({count}, at::kByte);
  const auto* const first = static_cast<const char*>(bytes.data_ptr());
  at::TensorIteratorConfig config;
  config.set_check_mem_overlap(false).resize_outputs(false).add_output(bytes).add_input(bytes);
  at::TensorIterator iterator = config.build();
  iterator.for_each(
      [&](char** data, const std::int64_t*, std::int64_t number) {
        const std::int64_t begin = data[0] - first;
        function(begin, begin + number);
      },
      /*grain_size=*/1);
}

}  // namespace aviary::nn
