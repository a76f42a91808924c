#include "data/collection.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <aviary/error.hpp>

#include "recipe/complaint.hpp"

namespace aviary::data {
namespace {

void relabel(Split& split, const std::vector<std::int64_t>& labels) {
  for (Sample& sample : split.samples) sample.label = labels[static_cast<std::size_t>(sample.label)];
  std::ranges::stable_sort(split.samples, [](const Sample& a, const Sample& b) {
    // IDX names end in numbers and are in order already: comparing the length first keeps train/10 behind train/9.
    const bool numbered = !a.pixels.empty();
    const auto length = [&](const Sample& sample) { return numbered ? sample.name.size() : 0; };
    return std::tuple(a.label, length(a), std::string_view(a.name)) < std::tuple(b.label, length(b), std::string_view(b.name));
  });
}

}  // namespace

std::string fold_spaces(std::string_view text) {
  std::string folded;
  for (const char c : text)
    if (c != ' ' || !(folded.empty() || folded.ends_with(' '))) folded += c;
  if (folded.ends_with(' ')) folded.pop_back();
  return folded;
}

Collection::Collection(ClassOrder order) : order_(order) {}

std::int64_t Collection::class_number(const std::string& spelling) {
  std::string name = fold_spaces(spelling);
  spellings_[name].insert(spelling);
  const auto [found, added] = numbers_.try_emplace(name, static_cast<std::int64_t>(classes_.size()));
  if (added) classes_.push_back(std::move(name));
  return found->second;
}

std::vector<std::string> Collection::ordered_classes(const recipe::Data& settings) const {
  std::vector<std::string> classes = classes_;
  if (settings.class_names.empty()) {
    if (order_ == ClassOrder::by_name) std::ranges::sort(classes);
    return classes;
  }
  classes.clear();
  for (const std::string& name : settings.class_names) {
    classes.push_back(fold_spaces(name));
    if (std::ranges::count(classes, classes.back()) > 1)
      throw Error(fmt::format("data.class_names lists \"{}\" twice; each class has one place", classes.back()), Fault::usage);
  }
  for (const std::string& name : classes_) {
    if (std::ranges::find(classes, name) != classes.end()) continue;
    throw Error(
        fmt::format(
            "the data in {} has the class \"{}\", which data.class_names does not list: list every class of the data or "
            "leave the setting out{}",
            settings.path, name, recipe::suggestion(name, classes)),
        Fault::usage);
  }
  return classes;
}

Dataset Collection::finish(const recipe::Data& settings) {
  Dataset dataset;
  dataset.classes = ordered_classes(settings);
  if (settings.classes && *settings.classes < static_cast<std::int64_t>(dataset.classes.size()))
    throw Error(fmt::format("data.classes is {}, but the data in {} has {} classes; set data.classes = {} or leave it out",
                            *settings.classes, settings.path, dataset.classes.size(), dataset.classes.size()),
                Fault::usage);

  std::map<std::string, std::int64_t> places;
  for (const std::string& name : dataset.classes) places.emplace(name, static_cast<std::int64_t>(places.size()));
  std::vector<std::int64_t> labels;
  for (const std::string& name : classes_) labels.push_back(places.at(name));
  for (Split* split : {&train, &validation, &test}) relabel(*split, labels);

  for (const auto& [name, spellings] : spellings_)
    if (spellings.size() > 1)
      dataset.notices.push_back(
          fmt::format("the spellings \"{}\" are taken as one class, \"{}\"", fmt::join(spellings, "\" and \""), name));
  dataset.train = std::move(train);
  dataset.validation = std::move(validation);
  dataset.test = std::move(test);
  return dataset;
}

}  // namespace aviary::data
