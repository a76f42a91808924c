#include "data/csv_rows.hpp"

#include <cerrno>
#include <exception>
#include <fstream>
#include <system_error>
#include <utility>

#include <csv.h>
#include <fmt/format.h>

#include <aviary/error.hpp>

namespace aviary::data {
namespace {

class Parser {
 public:
  explicit Parser(const std::function<bool(const CsvRow&)>& take) : take_(take) {
    csv_init(&parser_, CSV_STRICT | CSV_STRICT_FINI);
  }
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;
  ~Parser() { csv_free(&parser_); }

  bool wants_more() const { return wanted_; }
  std::size_t row_line() const { return row_.line; }

  /// False when the line is no CSV.
  bool feed(std::size_t line, const std::string& text) {
    if (!in_row_) row_.line = line;
    if (text.find_first_not_of(" \t\r\n") != std::string::npos) in_row_ = true;
    const bool parsed = csv_parse(&parser_, text.data(), text.size(), on_field, on_row, this) == text.size();
    rethrow();
    return parsed;
  }

  bool finish() {
    const bool parsed = csv_fini(&parser_, on_field, on_row, this) == 0;
    rethrow();
    return parsed;
  }

 private:
  static void on_field(void* text, std::size_t size, void* self) {
    static_cast<Parser*>(self)->guard([&](Parser& p) { p.row_.fields.emplace_back(static_cast<const char*>(text), size); });
  }

  static void on_row(int, void* self) {
    static_cast<Parser*>(self)->guard([](Parser& p) {
      if (p.wanted_) p.wanted_ = p.take_(p.row_);
      p.row_.fields.clear();
      p.in_row_ = false;
    });
  }

  // No exception may pass through libcsv, which is C.
  template <class Action>
  void guard(const Action& action) {
    if (failure_) return;
    try {
      action(*this);
    } catch (...) {
      failure_ = std::current_exception();
    }
  }

  void rethrow() {
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  }

  const std::function<bool(const CsvRow&)>& take_;
  csv_parser parser_{};
  CsvRow row_{};
  bool in_row_ = false;
  bool wanted_ = true;
  std::exception_ptr failure_;
};

}  // namespace

void read_csv(const std::filesystem::path& file, const std::function<bool(const CsvRow&)>& take) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw Error(fmt::format("cannot read {}: {}", file.native(), std::generic_category().message(errno)));
  Parser parser(take);
  std::string text;
  for (std::size_t line = 1; parser.wants_more() && std::getline(in, text); ++line) {
    if (line == 1 && text.starts_with("\xef\xbb\xbf")) text.erase(0, 3);
    text += '\n';
    if (!parser.feed(line, text))
      throw Error(
          fmt::format("{}:{}: not CSV: a quote stands inside a field; put the field in quotes and double those within it",
                      file.native(), line));
  }
  if (parser.wants_more() && !parser.finish())
    throw Error(
        fmt::format("{}:{}: not CSV: a quote that opens in this row is never closed", file.native(), parser.row_line()));
}

std::string csv_field(const std::string& text) {
  std::string field = "\"";
  for (const char letter : text) field += letter == '"' ? "\"\"" : std::string(1, letter);
  return field + '"';
}

}  // namespace aviary::data
