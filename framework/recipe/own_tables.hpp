// The tables of a recipe that are the host's own, with what each declares: for whoever needs all of their names or keys.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <aviary/params.hpp>

namespace aviary::recipe {

/// By the name of the table. [model] and [optimizer] hold a plugin's settings, too. [[curriculum]] is a list and not among
/// them.
const std::vector<std::pair<std::string, SettingList>>& own_tables();

}  // namespace aviary::recipe
