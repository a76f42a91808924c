#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <aviary/error.hpp>

#include "data/csv_rows.hpp"
#include "data/picture_files.hpp"
#include "data/sources.hpp"

namespace aviary::data {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 3> headings = {"filepaths", "labels", "data set"};

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

struct Header {
  std::vector<std::string> names;
  std::array<std::optional<std::size_t>, 3> places;  ///< of `headings`

  bool complete() const {
    return std::ranges::all_of(places, [](const auto& place) { return place.has_value(); });
  }
};

Header read_header(const CsvRow& row) {
  Header header{row.fields, {}};
  for (std::size_t i = 0; i < row.fields.size(); ++i) {
    const auto column = std::ranges::find(headings, lower(fold_spaces(row.fields[i])));
    if (column != headings.end()) header.places[static_cast<std::size_t>(column - headings.begin())] = i;
  }
  return header;
}

Header read_header(const fs::path& file) {
  Header header;
  read_csv(file, [&](const CsvRow& row) {
    header = read_header(row);
    return false;
  });
  return header;
}

fs::path table(const fs::path& path) {
  if (!fs::is_directory(path)) return path;
  std::vector<std::string> found;
  std::vector<fs::path> fitting;
  for (const fs::path& entry : visible_entries(path)) {
    if (lower(entry.extension().native()) != ".csv" || !fs::is_regular_file(entry)) continue;
    found.push_back(entry.filename().native());
    if (read_header(entry).complete()) fitting.push_back(entry);
  }
  if (fitting.size() == 1) return fitting.front();
  if (fitting.empty())
    throw Error(fmt::format("{} holds no .csv file with the columns {}; found {}; point data.path at the file", path.native(),
                            fmt::join(headings, ", "), found.empty() ? "none" : fmt::format("{}", fmt::join(found, ", "))));
  throw Error(fmt::format("{} holds more than one table of pictures, {} and {}; point data.path at one of them", path.native(),
                          fitting[0].filename().native(), fitting[1].filename().native()));
}

void check(const Header& header, const fs::path& file) {
  if (header.complete()) return;
  std::vector<std::string_view> missing;
  for (std::size_t i = 0; i < headings.size(); ++i)
    if (!header.places[i]) missing.push_back(headings[i]);
  throw Error(fmt::format("{} lacks the column{} {}; expected {} in its first row, found {}", file.native(),
                          missing.size() > 1 ? "s" : "", fmt::join(missing, ", "), fmt::join(headings, ", "),
                          header.names.empty() ? "nothing" : fmt::format("{}", fmt::join(header.names, ", "))));
}

void add(const CsvRow& row, const Header& header, const fs::path& file, Collection& collection) {
  const auto refuse = [&](const std::string& what) { throw Error(fmt::format("{}:{}: {}", file.native(), row.line, what)); };
  if (row.fields.size() != header.names.size())
    refuse(fmt::format("expected {} fields, as in the first row; found {}", header.names.size(), row.fields.size()));
  const auto field = [&](std::size_t column) -> const std::string& { return row.fields[*header.places[column]]; };
  const auto part = part_called(lower(field(2)));
  if (field(0).empty()) refuse("filepaths is empty; expected the path of a picture");
  if (fold_spaces(field(1)).empty()) refuse("labels is empty; expected the name of a class");
  if (!part) refuse(fmt::format("data set is \"{}\"; expected train, valid or test", field(2)));
  split_of(collection, *part)
      .samples.push_back({field(0), collection.class_number(field(1)), file.parent_path() / field(0), {}});
}

// A path or two that is wrong is a bad picture like any other; all of them wrong is a table in the wrong place.
void check_files(const Split& split, const fs::path& file) {
  constexpr std::size_t looked_at = 20;
  const auto count = std::min(looked_at, split.samples.size());
  for (std::size_t i = 0; i < count; ++i) {
    std::error_code ignored;
    if (fs::exists(split.samples[i].file, ignored)) return;
  }
  throw Error(
      fmt::format("none of the first {} training pictures that {} lists exists; the first is {}; filepaths count from the "
                  "folder of the .csv file",
                  count, file.native(), split.samples.front().file.native()));
}

}  // namespace

Collection list_csv(const recipe::Data& settings) {
  const fs::path file = table(settings.path);
  std::optional<Header> header;
  Collection collection;
  read_csv(file, [&](const CsvRow& row) {
    if (header) {
      add(row, *header, file, collection);
    } else {
      header = read_header(row);
      check(*header, file);
    }
    return true;
  });
  check(header.value_or(Header{}), file);
  if (collection.train.samples.empty())
    throw Error(fmt::format("{} lists no training pictures; expected rows with the data set \"train\"", file.native()));
  check_files(collection.train, file);
  return collection;
}

}  // namespace aviary::data
