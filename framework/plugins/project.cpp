#include "plugins/project.hpp"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <sstream>
#include <vector>

#include <fmt/format.h>

#include <aviary/error.hpp>

#include "plugins/installation.hpp"

namespace fs = std::filesystem;

namespace aviary::plugins {
namespace {

bool is_snake_case(const std::string& name) {
  return !name.empty() && std::islower(static_cast<unsigned char>(name.front())) != 0 &&
         std::ranges::all_of(name, [](unsigned char c) { return std::islower(c) != 0 || std::isdigit(c) != 0 || c == '_'; });
}

std::string cap_words(const std::string& snake_case) {
  std::string result;
  bool start = true;
  for (const char c : snake_case) {
    if (c != '_') result += start ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    start = c == '_';
  }
  return result;
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

}  // namespace

fs::path write_project(const Project& project) {
  if (!is_snake_case(project.name))
    throw Error(
        fmt::format("the name is {}; expected snake_case: a small letter, then small letters, digits and _", project.name),
        Fault::usage);
  fs::path folder = project.name;
  if (fs::exists(folder))
    throw Error(fmt::format("{} exists already; choose another name, or move it away", folder.string()), Fault::usage);
  const fs::path templates = installed_data() / "templates";
  std::vector<std::pair<fs::path, std::string>> files;
  for (const fs::path& part : {fs::path("common"), fs::path(project.kind)}) {
    if (!fs::is_directory(templates / part))
      throw Error(fmt::format("{} is missing; install aviary again", (templates / part).string()));
    for (const auto& entry : fs::directory_iterator(templates / part)) {
      std::stringstream text;
      text << std::ifstream(entry.path()).rdbuf();
      std::string content = text.str();
      replace_all(content, "@name@", project.name);
      replace_all(content, "@Name@", cap_words(project.name));
      replace_all(content, "@kind@", project.kind);
      std::string file = entry.path().filename().string();
      replace_all(file, "plugin.cpp", project.name + ".cpp");
      files.emplace_back(file, std::move(content));
    }
  }
  fs::create_directory(folder);
  for (const auto& [file, content] : files)
    if (!(std::ofstream(folder / file) << content)) throw Error(fmt::format("cannot write {}", (folder / file).string()));
  return folder;
}

}  // namespace aviary::plugins
