#include "plugins/catalogue.hpp"

#include <algorithm>
#include <cstdlib>
#include <span>
#include <sstream>
#include <tuple>

#include <fmt/format.h>

#include <aviary/error.hpp>

#include "plugins/installation.hpp"
#include "plugins/loading.hpp"
#include "plugins/trust.hpp"

namespace fs = std::filesystem;

namespace aviary::plugins {

Catalogue::Catalogue(const std::vector<fs::path>& search_path) {
  for (const fs::path& path : search_path) {
    if (fs::is_directory(path))
      add_folder(path);
    else if (fs::exists(path))
      add_library(path);
    else
      refused_.push_back({path, "does not exist", {}});
  }
  std::ranges::sort(available_, {}, [](const Available& entry) { return std::tie(entry.kind, entry.name); });
}

void Catalogue::add_folder(const fs::path& folder) {
  if (std::string reason = distrust(folder); !reason.empty()) {
    refused_.push_back({folder, reason, {}});
    return;
  }
  std::vector<fs::path> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (entry.path().extension() == ".so") files.push_back(entry.path());
  if (error) refused_.push_back({folder, "cannot be read: " + error.message(), {}});
  std::ranges::sort(files);
  for (const fs::path& file : files) add_library(file);
}

void Catalogue::add_library(const fs::path& file) {
  LibraryFile library;
  if (auto reason = refusal(file, library)) {
    refused_.push_back({file, *reason, library.offers});
    return;
  }
  for (Offer& offer : library.offers) available_.push_back({offer.kind, offer.name, offer.summary, file});
}

std::optional<std::string> Catalogue::refusal(const fs::path& file, LibraryFile& library) const {
  if (std::string reason = distrust(file); !reason.empty()) return reason;
  try {
    library = read_library_file(file);
  } catch (const Error& error) {
    return error.what();
  }
  if (std::string reason = mismatch(file, library.built_for); !reason.empty()) return reason;
  for (const Offer& offer : library.offers) {
    if (const Available* first = find(offer.kind, offer.name))
      return fmt::format("offers {} {}, which {} offers already; rename one or remove one of the two files",
                         to_string(offer.kind), offer.name, first->file.string());
    if (std::ranges::count_if(library.offers,
                              [&](const Offer& other) { return other.kind == offer.kind && other.name == offer.name; }) > 1)
      return fmt::format("offers {} {} twice; rename one of the two", to_string(offer.kind), offer.name);
  }
  return std::nullopt;
}

const Available* Catalogue::find(Kind kind, std::string_view name) const {
  const auto found =
      std::ranges::find_if(available_, [&](const Available& entry) { return entry.kind == kind && entry.name == name; });
  return found == available_.end() ? nullptr : &*found;
}

std::vector<std::string> Catalogue::names(Kind kind) const {
  std::vector<std::string> names;
  for (const Available& entry : available_)
    if (entry.kind == kind) names.push_back(entry.name);
  return names;
}

void Catalogue::refuse(const fs::path& file, const std::string& reason) {
  if (std::ranges::find(refused_, file, &Refused::file) == refused_.end()) refused_.push_back({file, reason, {}});
}

const Component& Catalogue::component(const Available& available) {
  const Library*& library = loaded_[available.file];
  if (library == nullptr) {
    try {
      library = load_library(available.file);
    } catch (const Error& error) {
      refuse(available.file, error.what());
      throw Error(fmt::format("{} {}", available.file.string(), error.what()), error.fault(), error.detail());
    }
  }
  for (const Component* const component : std::span(library->begin, library->end))
    if (component->kind == available.kind && component->name == available.name) return *component;
  throw Error(fmt::format("{} says that it offers {} {}, but does not; rebuild it", available.file.string(),
                          to_string(available.kind), available.name));
}

SettingList Catalogue::settings(const Available& available) {
  const Component& offered = component(available);
  try {
    return guarded(callee(available), [&] { return offered.settings(); });
  } catch (const Error& error) {
    refuse(available.file, fmt::format("failed to describe itself: {}", error.what()));
    throw;
  }
}

Callee callee(const Available& available) {
  return {fmt::format("{} {}", to_string(available.kind), available.name), available.file.string()};
}

std::vector<fs::path> search_path(const std::vector<std::string>& from_command_line) {
  std::vector<fs::path> path = {installed_plugins()};
  if (const char* const variable = std::getenv("AVIARY_PLUGIN_PATH")) {
    std::stringstream stream(variable);
    for (std::string folder; std::getline(stream, folder, ':');)
      if (!folder.empty()) path.emplace_back(folder);
  }
  for (const std::string& folder : from_command_line) {
    if (!fs::exists(folder)) throw Error(fmt::format("--plugin-path {}: no such folder or file", folder), Fault::usage);
    path.emplace_back(folder);
  }
  return path;
}

}  // namespace aviary::plugins
