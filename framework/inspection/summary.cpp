#include "inspection/summary.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

namespace aviary::inspection {
namespace {

std::array<const data::Split*, 3> splits_of(const data::Dataset& dataset) {
  return {&dataset.train, &dataset.validation, &dataset.test};
}

SplitSummary summary_of(const data::Split& split, const std::vector<ClassCount>& classes) {
  std::vector<ClassCount> present;
  for (const ClassCount& count : classes)
    if (count.pictures > 0) present.push_back(count);
  std::ranges::stable_sort(present, {}, &ClassCount::pictures);
  const std::size_t half = present.size() / 2;
  const std::size_t middle = present[half].pictures + present[(present.size() - 1) / 2].pictures;
  // Of several that are as large, the first by name.
  const ClassCount& largest = *std::ranges::max_element(present, {}, &ClassCount::pictures);
  return {split.name, split.samples.size(), present.size(), static_cast<double>(middle) / 2, present.front(), largest};
}

std::vector<LonelyClass> classes_in_one_split(const data::Dataset& dataset, const Summary& summary) {
  std::vector<LonelyClass> lonely;
  if (summary.splits.size() < 2) return lonely;
  for (std::size_t i = 0; i < dataset.classes.size(); ++i) {
    const auto& counts = summary.counts[i];
    if (std::ranges::count(counts, std::size_t{0}) != 2) continue;
    const auto place = static_cast<std::size_t>(std::ranges::max_element(counts) - counts.begin());
    lonely.push_back({dataset.classes[i], splits_of(dataset)[place]->name});
  }
  return lonely;
}

std::vector<SizeCount> sizes_of(const Survey& survey) {
  std::map<std::pair<int, int>, std::size_t> counts;
  for (const Picture& picture : survey.pictures)
    if (picture.fault.empty()) ++counts[{picture.size.width, picture.size.height}];
  std::vector<SizeCount> sizes;
  for (const auto& [size, pictures] : counts) sizes.push_back({{size.first, size.second}, pictures});
  std::ranges::stable_sort(sizes, std::greater(), &SizeCount::pictures);
  return sizes;
}

}  // namespace

Summary summarise(const data::Dataset& dataset, const Survey& survey) {
  Summary summary;
  summary.counts.resize(dataset.classes.size());
  const auto splits = splits_of(dataset);
  for (std::size_t place = 0; place < splits.size(); ++place) {
    for (const data::Sample& sample : splits[place]->samples) ++summary.counts[static_cast<std::size_t>(sample.label)][place];
    if (splits[place]->samples.empty()) continue;
    std::vector<ClassCount> classes;
    for (std::size_t i = 0; i < dataset.classes.size(); ++i) classes.push_back({dataset.classes[i], summary.counts[i][place]});
    summary.splits.push_back(summary_of(*splits[place], classes));
  }
  summary.in_one_split = classes_in_one_split(dataset, summary);
  summary.sizes = sizes_of(survey);
  summary.gray = static_cast<std::size_t>(
      std::ranges::count_if(survey.pictures, [](const Picture& picture) { return picture.fault.empty() && picture.gray; }));
  return summary;
}

}  // namespace aviary::inspection
