// Large numbers as people read them. Pure, for any thread.
#pragma once

#include <cstdint>
#include <string>

namespace aviary::results {

/// 4,967,719
std::string grouped(std::int64_t number);

}  // namespace aviary::results
