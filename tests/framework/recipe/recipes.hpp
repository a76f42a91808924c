// Recipes in a folder of their own, read with the plugins of the build folder.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <aviary/error.hpp>

#include "framework/weights/scratch_folder.hpp"
#include "plugins/catalogue.hpp"
#include "recipe/recipe.hpp"

namespace aviary::test {

inline plugins::Catalogue& built_plugins() {
  static auto& catalogue = *new plugins::Catalogue({AVIARY_PREFIX "/lib/aviary/plugins"});
  return catalogue;
}

/// The least that a recipe must say; lines 1 to 6.
inline const std::string least =
    "[data]\npath = \"pictures\"\n[model]\ntype = \"wide_resnet\"\n[optimizer]\ntype = \"sgd\"\nlr = 0.1\n";

class Recipes {
 public:
  std::filesystem::path write(std::string_view name, std::string_view text) const {
    std::filesystem::create_directories((folder_ / name).parent_path());
    put_bytes(folder_ / name, text);
    return folder_ / name;
  }

  recipe::Recipe read(std::string_view text, const std::vector<std::string>& settings = {}) const {
    return recipe::read_recipe(write("r.toml", text).string(), settings, built_plugins());
  }

  /// Every complaint about `text`, a line each, without the folder's name; "fine" when there is none.
  std::string complaints(std::string_view text, const std::vector<std::string>& settings = {}) const {
    write("r.toml", text);
    return complaints_of("r.toml", settings);
  }

  std::string complaints_of(std::string_view name, const std::vector<std::string>& settings = {}) const {
    try {
      recipe::read_recipe((folder_ / name).string(), settings, built_plugins());
    } catch (const Error& error) {
      EXPECT_EQ(error.fault(), Fault::usage);
      std::string lines = error.what();
      const std::string prefix = folder_.path().string() + "/";
      for (std::size_t at = lines.find(prefix); at != std::string::npos; at = lines.find(prefix))
        lines.erase(at, prefix.size());
      return lines;
    }
    return "fine";
  }

 private:
  ScratchFolder folder_;
};

}  // namespace aviary::test
