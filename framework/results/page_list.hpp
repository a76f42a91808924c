// The pages that are compiled into the program: what cmake/Pages.cmake makes of web/, and pages.cpp looks through.
#pragma once

#include <string_view>
#include <vector>

namespace aviary::results {

struct Page {
  std::string_view name;
  std::string_view text;
};

/// Empty where the program was built without npm.
std::vector<Page> all_pages();

}  // namespace aviary::results
