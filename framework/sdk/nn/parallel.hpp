// LibTorch's compute threads.
#pragma once

#include <cstdint>
#include <functional>

namespace aviary::nn {

/// Calls function(begin, end) for ranges that cover 0..count, from many threads.
void in_parallel(std::int64_t count, const std::function<void(std::int64_t begin, std::int64_t end)>& function);

}  // namespace aviary::nn
