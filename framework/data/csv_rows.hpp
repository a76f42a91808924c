// The rows and fields of a CSV file (RFC 4180: quotes, doubled quotes, line ends within quotes; CRLF or LF; a byte order mark
// is skipped).
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace aviary::data {

struct CsvRow {
  std::size_t line;  ///< of the file, from 1, where the row begins
  std::vector<std::string> fields;
};

/// Calls `take` with each row that is not blank, until it returns false. Throws aviary::Error with file and line where the file
/// cannot be read or is no CSV.
void read_csv(const std::filesystem::path& file, const std::function<bool(const CsvRow&)>& take);

/// A text as a field of such a file, in quotes.
std::string csv_field(const std::string& text);

}  // namespace aviary::data
