// Begins a plugin outside of the tree: a folder with a source file, a CMakeLists.txt and a test, ready to build.
#pragma once

#include <filesystem>
#include <string>

namespace aviary::plugins {

struct Project {
  std::string kind;  ///< model, optimizer, scheduler, augmentation or sink
  std::string name;  ///< snake_case: a C++ identifier, the recipe's type and the folder
};

/// Writes ./NAME and returns it. Throws Error when the name will not do or the folder exists.
std::filesystem::path write_project(const Project& project);

}  // namespace aviary::plugins
