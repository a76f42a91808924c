// What a plugin library says of itself, read from its file without loading it: nothing of it runs. Finds foreign, stale and cut
// files; flipped bytes it does not find.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <aviary/kind.hpp>

namespace aviary::plugins {

struct Offer {
  Kind kind;
  std::string name;
  std::string summary;
};

struct LibraryFile {
  std::map<std::string, std::string> built_for;  ///< sdk, libtorch, opencv, cxx11_abi, sanitizer, compiler, stdlib
  std::vector<Offer> offers;                     ///< sorted by kind and name
};

/// Throws Error whose text is the reason alone ("is not an ELF library"): the caller knows the file.
LibraryFile read_library_file(const std::filesystem::path& file);

/// Why a library built for `built_for` cannot be loaded into this program; empty when it can.
std::string mismatch(const std::filesystem::path& file, const std::map<std::string, std::string>& built_for);

/// The parts of an AVIARY_STAMP text.
std::map<std::string, std::string> parse_stamp(std::string_view text);

}  // namespace aviary::plugins
