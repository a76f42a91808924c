#include "results/pages.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <aviary/error.hpp>

#include "results/page_list.hpp"

namespace aviary::results {
namespace {

constexpr std::string_view data_mark = "%data%";

// JSON has no < outside of its strings, and there it may be written so.
std::string script_safe(const nlohmann::ordered_json& data) {
  const std::string text = data.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  std::string safe;
  safe.reserve(text.size());
  for (const char byte : text) {
    if (byte == '<')
      safe += "\\u003c";
    else
      safe += byte;
  }
  return safe;
}

}  // namespace

bool has_pages() { return !all_pages().empty(); }

std::string page(std::string_view name, const nlohmann::ordered_json& data) {
  const std::vector<Page> pages = all_pages();
  const auto found = std::ranges::find(pages, name, &Page::name);
  if (found == pages.end())
    throw Error(
        fmt::format("this aviary was built without its {} page, since npm was not at hand; install npm (Debian: npm) and "
                    "build it again",
                    name));
  const std::size_t mark = found->text.find(data_mark);
  return fmt::format("{}{}{}", found->text.substr(0, mark), script_safe(data), found->text.substr(mark + data_mark.size()));
}

}  // namespace aviary::results
