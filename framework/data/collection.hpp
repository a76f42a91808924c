// What a source (image folder, CSV, IDX) has found so far. It knows that spellings which differ in runs of spaces are one
// class, and turns what was found into a Dataset. Used by one thread, while the data is opened.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "data/dataset.hpp"
#include "recipe/sections.hpp"

namespace aviary::data {

/// Without spaces at the ends, runs of spaces made one.
std::string fold_spaces(std::string_view text);

enum class ClassOrder { by_name, as_added };

class Collection {
 public:
  explicit Collection(ClassOrder order = ClassOrder::by_name);

  /// The number of a class, for Sample::label until finish(); the class is added when it is new.
  std::int64_t class_number(const std::string& spelling);

  Split train{"train", {}};
  Split validation{"validation", {}};
  Split test{"test", {}};

  /// Puts classes and samples in order, as settings.class_names says or by name. Errors when the settings name other classes.
  Dataset finish(const recipe::Data& settings);

 private:
  std::vector<std::string> ordered_classes(const recipe::Data& settings) const;

  ClassOrder order_;
  std::vector<std::string> classes_;
  std::map<std::string, std::int64_t> numbers_;
  std::map<std::string, std::set<std::string>> spellings_;
};

}  // namespace aviary::data
