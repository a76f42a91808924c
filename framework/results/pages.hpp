// The pages of web/: each one HTML file with its styles and scripts in it, and a place for data. They are part of the program,
// so nothing is read or fetched when one is written or served. Pure functions, for any thread.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace aviary::results {

/// False where the program was built without npm.
bool has_pages();

/// web/NAME.html with `data` in it, which the page reads with data() of web/page.js. No text in `data` can end the script that
/// it stands in; what is not UTF-8 is replaced. Throws Error where there are no pages.
std::string page(std::string_view name, const nlohmann::ordered_json& data);

}  // namespace aviary::results
