// Where the values of a run's recipe.toml come from: it says so in comments, which must outlive a change of the file.
#pragma once

#include <filesystem>

#include "recipe/document.hpp"

namespace aviary::recipe {

/// Gives what stands in `file`, which to_toml() wrote with origins, the origins that its comments tell in place of its
/// positions in that file. `root` was read from it. Lines without a comment keep their position.
void restore_origins(Node& root, const std::filesystem::path& file);

}  // namespace aviary::recipe
