#include "commands/data_report.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "commands/command.hpp"
#include "results/printable.hpp"

namespace aviary::commands {
namespace {

using inspection::EqualPictures;
using inspection::Picture;
using results::printable;
using Lines = std::vector<std::string>;

constexpr std::size_t lines_shown = 10;
constexpr std::size_t pictures_shown = 4;  // of a group of equal ones

std::string counted(std::size_t number) { return grouped(static_cast<std::int64_t>(number)); }

/// The pieces in a row; one that would not fit goes to a line of its own.
std::string filled(const std::vector<std::string>& pieces) {
  std::string text = "  " + pieces.front();
  std::size_t used = text.size();
  for (std::size_t i = 1; i < pieces.size(); ++i) {
    const bool fits = used + 1 + pieces[i].size() <= page_width;
    text += (fits ? " " : "\n    ") + pieces[i];
    used = (fits ? used + 1 : 4) + pieces[i].size();
  }
  return text;
}

std::vector<std::string> words(const std::string& text) {
  std::vector<std::string> pieces;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    pieces.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return pieces;
}

void print_list(const std::string& title, const Lines& lines) {
  fmt::print("{}: {}\n", title, lines.empty() ? "none" : counted(lines.size()));
  for (std::size_t i = 0; i < std::min(lines_shown, lines.size()); ++i) fmt::print("{}\n", lines[i]);
  if (lines.size() > lines_shown) fmt::print("  and {} more\n", counted(lines.size() - lines_shown));
}

// With the class where it matters: paths of CSV files need not say it, and IDX has none.
std::string named(const Picture& picture, const DataReport& report, bool with_class) {
  const std::string name = printable(picture.sample->name);
  return with_class ? fmt::format("{} ({})", name, printable(report.class_of(picture))) : name;
}

std::string group_line(const EqualPictures& group, const DataReport& report) {
  const std::vector<const Picture*>& pictures = group.pictures;
  std::vector<std::string> pieces;
  for (std::size_t i = 0; i < std::min(pictures_shown, pictures.size()); ++i)
    pieces.push_back((i == 0 ? "" : "= ") + named(*pictures[i], report, group.of_different_classes()));
  if (pictures.size() > pictures_shown) pieces.push_back(fmt::format("and {} more", counted(pictures.size() - pictures_shown)));
  return filled(pieces);
}

std::string near_line(const inspection::NearDuplicate& near, const DataReport& report) {
  const bool differ = near.of_different_classes();
  std::vector<std::string> pieces = {fmt::format("{:.3f} {}", near.likeness.correlation, named(*near.picture, report, differ)),
                                     "~ " + named(*near.other, report, differ)};
  if (near.likeness.mirrored) pieces.emplace_back("mirrored");
  return filled(pieces);
}

template <class Condition>
Lines group_lines(const DataReport& report, const Condition& condition) {
  Lines lines;
  for (const auto& group : report.duplicates.exact)
    if (std::invoke(condition, group)) lines.push_back(group_line(group, report));
  return lines;
}

std::string median(const inspection::SplitSummary& split) {
  const double whole = std::floor(split.median);
  return grouped(static_cast<std::int64_t>(whole)) + (whole < split.median ? ".5" : "");
}

void print_counts(const DataReport& report) {
  constexpr std::size_t name_width = 15;
  const auto shown = [](const inspection::ClassCount& count) {
    return counted(count.pictures) + " " + cut(printable(count.name), name_width);
  };
  std::vector<std::vector<std::string>> rows = {{"split", "pictures", "classes", "median", "smallest class", "largest class"}};
  for (const inspection::SplitSummary& split : report.summary.splits)
    rows.push_back({split.name, counted(split.pictures), counted(split.classes), median(split), shown(split.smallest),
                    shown(split.largest)});
  print_columns(rows);
}

void print_class_counts(const DataReport& report) {
  constexpr std::size_t name_width = 44;
  std::vector<std::vector<std::string>> rows = {{"\nclass", "train", "validation", "test"}};
  for (std::size_t i = 0; i < report.dataset.classes.size(); ++i) {
    const auto& [train, validation, test] = report.summary.counts[i];
    rows.push_back({cut(printable(report.dataset.classes[i]), name_width), counted(train), counted(validation), counted(test)});
  }
  print_columns(rows);
}

void print_sizes(const DataReport& report) {
  Lines lines;
  for (const auto& [size, pictures] : report.summary.sizes)
    lines.push_back(fmt::format("  {} x {}  {}", size.width, size.height, counted(pictures)));
  fmt::print("\n");
  print_list("sizes (width x height)", lines);
  if (report.summary.sizes.size() > 1) {
    const auto area = [](const inspection::SizeCount& each) { return std::int64_t{each.size.width} * each.size.height; };
    const auto [smallest, largest] = std::ranges::minmax_element(report.summary.sizes, {}, area);
    fmt::print("  smallest {} x {}, largest {} x {}\n", smallest->size.width, smallest->size.height, largest->size.width,
               largest->size.height);
  }
  fmt::print("gray pictures: {}\n", report.summary.gray == 0 ? "none" : counted(report.summary.gray));
}

void print_findings(const DataReport& report) {
  Lines bad;
  for (const Picture& picture : report.survey.pictures)
    if (!picture.fault.empty()) bad.push_back(filled({printable(picture.sample->name) + ":", picture.fault}));
  print_list("pictures that cannot be decoded", bad);
  Lines alone;
  for (const auto& [name, split] : report.summary.in_one_split)
    alone.push_back(fmt::format("  {}: {}", printable(name), split));
  print_list("classes in one split only", alone);
  Lines notices;
  for (const std::string& notice : report.dataset.notices) notices.push_back(filled(words(printable(notice))));
  if (!notices.empty()) print_list("notices", notices);
  print_list("equal pictures in different splits", group_lines(report, &EqualPictures::in_different_splits));
  print_list("equal pictures of different classes", group_lines(report, &EqualPictures::of_different_classes));
  print_list("equal pictures in one split", group_lines(report, std::not_fn(&EqualPictures::in_different_splits)));
  Lines near;
  for (const inspection::NearDuplicate& each : report.duplicates.near) near.push_back(near_line(each, report));
  print_list("nearly equal pictures in different splits", near);
}

void print_recipe(const DataReport& report) {
  if (report.survey.colors.empty()) return;
  const recipe::Data& settings = report.settings;
  fmt::print("\n[data]\nformat = \"{}\"\npath = {}\nimage_size = {}\n", settings.format, to_toml(Value(settings.path)),
             settings.image_size);
  fmt::print("mean = [{:.4f}]\n", fmt::join(report.survey.colors.mean(), ", "));
  fmt::print("std = [{:.4f}]\n", fmt::join(report.survey.colors.std(), ", "));
}

}  // namespace

void print_data_report(const DataReport& report, bool per_class) {
  print_counts(report);
  if (per_class) print_class_counts(report);
  print_sizes(report);
  print_findings(report);
  print_recipe(report);
}

}  // namespace aviary::commands
