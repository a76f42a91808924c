// What is wrong with a recipe, and where. Complaints are gathered and shown together, sorted by place.
#pragma once

#include <string>
#include <vector>

#include <aviary/error.hpp>

namespace aviary::recipe {

/// Where a key or value was written. Line and column count from 1. A value of the command line has the option as its file
/// ("--set optimizer.lr") and no line; a default has neither.
struct Place {
  std::string file;
  int line = 0;
  int column = 0;

  bool is_default() const { return file.empty(); }
  auto operator<=>(const Place&) const = default;
};

/// "file:line:column", "--set optimizer.lr" or "default".
std::string to_string(const Place& place);

struct Complaint {
  Place place;
  std::string message;

  auto operator<=>(const Complaint&) const = default;
};

/// "file:line:column: message"
std::string to_string(const Complaint& complaint);

/// Its text is all complaints, a line each.
class RecipeError : public Error {
 public:
  explicit RecipeError(std::vector<Complaint> complaints);

  const std::vector<Complaint>& complaints() const { return complaints_; }

 private:
  std::vector<Complaint> complaints_;
};

/// "; did you mean lr?" when a known name is near, else "; known: lr, momentum".
std::string suggestion(const std::string& name, std::vector<std::string> known);

}  // namespace aviary::recipe
