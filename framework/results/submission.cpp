#include "results/submission.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <map>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <aviary/error.hpp>

#include "data/csv_rows.hpp"
#include "data/picture_files.hpp"
#include "weights/whole_file.hpp"

namespace fs = std::filesystem;

namespace aviary::results {
namespace {

[[noreturn]] void refuse(const std::string& message) { throw Error(message, Fault::usage); }

// "a, b, c and 12 more"
std::string some_of(const std::vector<std::string>& names) {
  constexpr std::size_t shown = 3;
  if (names.size() <= shown) return fmt::format("{}", fmt::join(names, ", "));
  return fmt::format("{} and {} more", fmt::join(names.begin(), names.begin() + shown, ", "), names.size() - shown);
}

std::string id_of(const fs::path& picture, const fs::path& images, IdForm form) {
  switch (form) {
    case IdForm::path: return picture.lexically_relative(images).generic_string();
    case IdForm::file: return picture.filename().string();
    case IdForm::stem: break;
  }
  return picture.stem().string();
}

using PicturesById = std::map<std::string, fs::path>;

PicturesById by_id(const std::vector<fs::path>& pictures, const fs::path& images, IdForm form) {
  PicturesById found;
  for (const fs::path& picture : pictures) {
    const auto [other, added] = found.try_emplace(id_of(picture, images, form), picture);
    if (!added)
      refuse(
          fmt::format("{} and {} have one id, \"{}\"; expected one picture for each: remove one, or name pictures by their "
                      "path with --ids path",
                      other->second.string(), picture.string(), other->first));
  }
  return found;
}

std::vector<fs::path> pictures_in(const fs::path& images) {
  std::error_code error;
  if (!fs::is_directory(images, error)) refuse(fmt::format("{} is no folder; expected one with pictures", images.string()));
  std::vector<fs::path> pictures = data::pictures_below(images);
  if (pictures.empty())
    refuse(fmt::format("{} holds no pictures; expected files that end in {}", images.string(),
                       fmt::join(data::picture_suffixes, ", ")));
  return pictures;
}

bool is_index(const std::string& label, std::size_t classes) {
  std::size_t number = 0;
  const char* const end = label.data() + label.size();
  const auto [rest, error] = std::from_chars(label.data(), end, number);
  return error == std::errc() && rest == end && number < classes;
}

LabelForm form_of(const std::vector<std::string>& labels, const std::vector<std::string>& classes, const fs::path& sample) {
  if (std::ranges::all_of(labels, [&](const std::string& label) { return std::ranges::count(classes, label) > 0; }))
    return LabelForm::name;
  if (std::ranges::all_of(labels, [&](const std::string& label) { return is_index(label, classes.size()); }))
    return LabelForm::index;
  const auto odd = std::ranges::find_if(labels, [&](const std::string& label) { return !is_index(label, classes.size()); });
  refuse(
      fmt::format("{}: \"{}\" is neither the name of a class nor a number from 0 to {}; say what is wanted with --labels "
                  "name or --labels index",
                  sample.string(), *odd, classes.size() - 1));
}

struct Sample {
  std::vector<std::string> columns;
  std::vector<std::string> ids;
  std::vector<std::string> labels;
};

Sample read_sample(const fs::path& file) {
  Sample sample;
  std::map<std::string, std::size_t> lines;
  data::read_csv(file, [&](const data::CsvRow& row) {
    if (row.fields.size() != 2)
      refuse(fmt::format("{}:{}: expected two columns, the picture's id and its label; found {}", file.string(), row.line,
                         row.fields.size()));
    if (sample.columns.empty()) {
      sample.columns = row.fields;
      return true;
    }
    const auto [other, added] = lines.try_emplace(row.fields[0], row.line);
    if (!added)
      refuse(
          fmt::format("{}:{}: the id \"{}\" stands in line {} already", file.string(), row.line, other->first, other->second));
    sample.ids.push_back(row.fields[0]);
    sample.labels.push_back(row.fields[1]);
    return true;
  });
  if (sample.ids.empty()) refuse(fmt::format("{} has no rows; expected a header, and a row for each picture", file.string()));
  return sample;
}

// The form in which most ids are those of pictures.
IdForm id_form_of(const std::vector<std::string>& ids, const std::vector<fs::path>& pictures, const fs::path& images) {
  const auto known = [&](IdForm form) {
    std::vector<std::string> names;
    for (const fs::path& picture : pictures) names.push_back(id_of(picture, images, form));
    std::ranges::sort(names);
    return std::ranges::count_if(ids, [&](const std::string& id) { return std::ranges::binary_search(names, id); });
  };
  constexpr std::array forms = {IdForm::path, IdForm::file, IdForm::stem};
  return *std::ranges::max_element(forms, {}, known);
}

}  // namespace

Submission submission_of(const fs::path& images, const SubmissionForm& form) {
  Submission submission{form, {}};
  const std::vector<fs::path> pictures = pictures_in(images);
  by_id(pictures, images, form.id_form);
  for (const fs::path& picture : pictures) submission.rows.push_back({id_of(picture, images, form.id_form), picture});
  return submission;
}

Submission submission_like(const fs::path& sample_file, const fs::path& images, const std::vector<std::string>& classes,
                           std::optional<LabelForm> label_form) {
  const Sample sample = read_sample(sample_file);
  const std::vector<fs::path> pictures = pictures_in(images);
  const IdForm id_form = id_form_of(sample.ids, pictures, images);
  PicturesById left = by_id(pictures, images, id_form);
  Submission submission{
      {sample.columns[0], sample.columns[1], id_form, label_form ? *label_form : form_of(sample.labels, classes, sample_file)},
      {}};
  std::vector<std::string> missing;
  for (const std::string& id : sample.ids) {
    const auto found = left.find(id);
    if (found == left.end()) {
      missing.push_back(id);
      continue;
    }
    submission.rows.push_back({id, found->second});
    left.erase(found);
  }
  if (!missing.empty())
    refuse(fmt::format("{} of the {} ids in {} have no picture in {}: {}; expected one for each", missing.size(),
                       sample.ids.size(), sample_file.string(), images.string(), some_of(missing)));
  if (!left.empty()) {
    std::vector<std::string> extra;
    for (const auto& [id, picture] : left) extra.push_back(picture.string());
    refuse(fmt::format("{} pictures have no id in {}: {}; expected only those that it names", extra.size(),
                       sample_file.string(), some_of(extra)));
  }
  return submission;
}

void write_submission(const Submission& submission, const std::vector<std::size_t>& predicted,
                      const std::vector<std::string>& classes, const fs::path& file) {
  const SubmissionForm& form = submission.form;
  std::string text = fmt::format("{},{}\n", data::csv_field(form.id_column), data::csv_field(form.label_column));
  for (std::size_t i = 0; i < submission.rows.size(); ++i)
    text += fmt::format(
        "{},{}\n", data::csv_field(submission.rows[i].id),
        form.label_form == LabelForm::index ? std::to_string(predicted[i]) : data::csv_field(classes[predicted[i]]));
  const std::string_view chunk = text;
  weights::write_whole_file(file, {&chunk, 1});
}

}  // namespace aviary::results
