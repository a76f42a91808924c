// All components that plugins offer. Made once, at start, from the files' stamps: no plugin runs until component() asks for
// something of it. A loaded library stays loaded for the life of the process (LibTorch's registrations do not survive
// unloading, pytorch#61111), in storage that is never destroyed, so that no object outlives its code. Used from the main
// thread.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <aviary/plugin.hpp>

#include "plugins/border.hpp"
#include "plugins/library_file.hpp"

namespace aviary::plugins {

struct Available {
  Kind kind;
  std::string name;
  std::string summary;
  std::filesystem::path file;
};

/// A library that is not used, or a folder that was not searched.
struct Refused {
  std::filesystem::path file;
  std::string reason;
  std::vector<Offer> offers;  ///< what it would have had, as far as it could be read
};

class Catalogue {
 public:
  /// Each path is a folder, whose *.so are taken by name, or one library. Earlier ones win where two offer the same component.
  explicit Catalogue(const std::vector<std::filesystem::path>& search_path);

  /// Sorted by kind and name.
  const std::vector<Available>& available() const { return available_; }
  const std::vector<Refused>& refused() const { return refused_; }
  const Available* find(Kind kind, std::string_view name) const;
  std::vector<std::string> names(Kind kind) const;

  /// Loads the library if need be. Throws Error when it will not load or describe itself; it is then listed as refused.
  /// Precondition: `available` is of this catalogue.
  const Component& component(const Available& available);
  /// The settings that a component declares; throws likewise.
  SettingList settings(const Available& available);

 private:
  void add_folder(const std::filesystem::path& folder);
  void add_library(const std::filesystem::path& file);
  /// Of a library that was available until it was used; once.
  void refuse(const std::filesystem::path& file, const std::string& reason);
  std::optional<std::string> refusal(const std::filesystem::path& file, LibraryFile& library) const;

  std::vector<Available> available_;
  std::vector<Refused> refused_;
  std::map<std::filesystem::path, const Library*> loaded_;
};

/// "optimizer sgd" and its file, for guarded().
Callee callee(const Available& available);

/// The installed plugins, AVIARY_PLUGIN_PATH, then what the command line names.
std::vector<std::filesystem::path> search_path(const std::vector<std::string>& from_command_line);

}  // namespace aviary::plugins
