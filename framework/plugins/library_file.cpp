#include "plugins/library_file.hpp"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <string_view>
#include <tuple>

#include <fmt/format.h>

#include <aviary/error.hpp>
#include <aviary/stamp.hpp>

namespace aviary::plugins {
namespace {

constexpr std::string_view library_magic = "aviary-plugin";
constexpr std::string_view offer_magic = "aviary-component";

std::string read_bytes(const std::filesystem::path& file) {
  if (!std::filesystem::is_regular_file(file)) throw Error("is not a regular file");
  std::ifstream stream(file, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(stream), {}};
  if (!stream) throw Error("cannot be read");
  return bytes;
}

// A view of an ELF file that never looks outside the bytes it has.
class Elf {
 public:
  explicit Elf(std::string_view bytes) : bytes_(bytes) {
    const auto header = at<Elf64_Ehdr>(0);
    if (!header || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0) throw Error("is not an ELF library");
    if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB || header->e_type != ET_DYN)
      throw Error("is not a 64-bit shared library");
    for (std::size_t i = 0; i < header->e_shnum; ++i) {
      const auto section = at<Elf64_Shdr>(header->e_shoff + i * sizeof(Elf64_Shdr));
      if (!section) throw Error("is cut off or damaged: its section table lies outside the file");
      sections_.push_back(*section);
    }
    if (header->e_shstrndx >= sections_.size()) throw Error("is cut off or damaged: it has no section names");
    names_ = contents(sections_[header->e_shstrndx]);
  }

  std::string_view section(std::string_view name) const {
    for (const Elf64_Shdr& section : sections_)
      if (text(names_, section.sh_name) == name) return contents(section);
    return {};
  }

  bool exports(std::string_view name) const {
    for (const Elf64_Shdr& section : sections_) {
      if (section.sh_type != SHT_DYNSYM || section.sh_link >= sections_.size()) continue;
      const std::string_view symbols = contents(section);
      const std::string_view names = contents(sections_[section.sh_link]);
      for (std::size_t at = 0; at + sizeof(Elf64_Sym) <= symbols.size(); at += sizeof(Elf64_Sym)) {
        Elf64_Sym symbol;
        std::memcpy(&symbol, symbols.data() + at, sizeof symbol);
        if (symbol.st_shndx != SHN_UNDEF && text(names, symbol.st_name) == name) return true;
      }
    }
    return false;
  }

 private:
  template <class T>
  std::optional<T> at(std::uint64_t offset) const {
    if (offset > bytes_.size() || bytes_.size() - offset < sizeof(T)) return std::nullopt;
    T value;
    std::memcpy(&value, bytes_.data() + offset, sizeof value);
    return value;
  }

  std::string_view contents(const Elf64_Shdr& section) const {
    if (section.sh_type == SHT_NOBITS) return {};
    if (section.sh_offset > bytes_.size() || section.sh_size > bytes_.size() - section.sh_offset)
      throw Error("is cut off or damaged: a section lies outside the file");
    return bytes_.substr(section.sh_offset, section.sh_size);
  }

  static std::string_view text(std::string_view table, std::size_t offset) {
    if (offset >= table.size()) return {};
    const std::string_view rest = table.substr(offset);
    return rest.substr(0, rest.find('\0'));
  }

  std::string_view bytes_;
  std::vector<Elf64_Shdr> sections_;
  std::string_view names_;
};

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::optional<Kind> kind_named(std::string_view name) {
  for (const Kind kind :
       {Kind::model, Kind::optimizer, Kind::scheduler, Kind::augmentation, Kind::sink, Kind::augmenter, Kind::decoder})
    if (to_string(kind) == name) return kind;
  return std::nullopt;
}

Offer parse_offer(std::string_view text) {
  const auto lines = split(text, '\n');
  const auto kind = lines.size() == 4 ? kind_named(lines[1]) : std::nullopt;
  if (!kind) throw Error("has a component stamp that this aviary cannot read; rebuild it with this aviary's SDK");
  return {*kind, std::string(lines[2]), std::string(lines[3])};
}

}  // namespace

std::map<std::string, std::string> parse_stamp(std::string_view text) {
  std::map<std::string, std::string> values;
  for (const std::string_view line : split(text, '\n')) {
    const std::size_t equals = line.find('=');
    if (equals != std::string_view::npos) values.emplace(line.substr(0, equals), line.substr(equals + 1));
  }
  return values;
}

LibraryFile read_library_file(const std::filesystem::path& file) {
  const std::string bytes = read_bytes(file);
  const Elf elf(bytes);
  LibraryFile library;
  for (const std::string_view text : split(elf.section("aviary_stamp"), '\0')) {
    if (text == library_magic || text.starts_with(std::string(library_magic) + '\n')) library.built_for = parse_stamp(text);
    if (text.starts_with(offer_magic)) library.offers.push_back(parse_offer(text));
  }
  if (library.built_for.empty()) throw Error("is not an aviary plugin: it carries no aviary stamp");
  if (!elf.exports("aviary_library")) throw Error("does not export aviary_library; build it with aviary_add_plugin");
  if (library.offers.empty()) throw Error("offers nothing: no AVIARY_MODEL, AVIARY_OPTIMIZER, ... in its sources");
  std::ranges::sort(library.offers, {}, [](const Offer& offer) { return std::tie(offer.kind, offer.name); });
  return library;
}

std::string mismatch(const std::filesystem::path& file, const std::map<std::string, std::string>& built_for) {
  static const auto ours = parse_stamp(AVIARY_STAMP);
  constexpr std::pair<const char*, const char*> compared[] = {{"sdk", "SDK version"},
                                                              {"libtorch", "LibTorch"},
                                                              {"opencv", "OpenCV"},
                                                              {"cxx11_abi", "_GLIBCXX_USE_CXX11_ABI"},
                                                              {"sanitizer", "sanitizer"}};
  std::string theirs_text;
  std::string ours_text;
  for (const auto& [key, title] : compared) {
    const auto theirs = built_for.find(key);
    const std::string value = theirs == built_for.end() ? "(unknown)" : theirs->second;
    if (value == ours.at(key)) continue;
    const char* const separator = theirs_text.empty() ? "" : ", ";
    theirs_text += fmt::format("{}{} {}", separator, title, value);
    ours_text += fmt::format("{}{}", separator, ours.at(key));
  }
  if (theirs_text.empty()) return "";
  return fmt::format("was built for {}, this aviary has {}; rebuild it with cmake --build BUILD_FOLDER -t {}", theirs_text,
                     ours_text, file.stem().string());
}

}  // namespace aviary::plugins
