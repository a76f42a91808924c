#include "results/evaluation_files.hpp"

#include <cstddef>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

#include <aviary/error.hpp>

#include "data/csv_rows.hpp"
#include "weights/whole_file.hpp"

namespace aviary::results {
namespace {

std::string classes_csv(const Evaluation& evaluation, const std::vector<std::string>& classes) {
  std::string text = "class,pictures,precision,recall,f1\n";
  for (std::size_t i = 0; i < evaluation.classes.size(); ++i) {
    const ClassScores& scores = evaluation.classes[i];
    text += fmt::format("{},{},{},{},{}\n", data::csv_field(classes[i]), scores.pictures, scores.precision, scores.recall,
                        scores.f1);
  }
  return text;
}

std::string confusion_csv(const Evaluation& evaluation, const std::vector<std::string>& classes) {
  std::string text = "class";
  for (const std::string& name : classes) text += "," + data::csv_field(name);
  text += "\n";
  const auto counts = evaluation.confusion.accessor<std::int64_t, 2>();
  for (std::int64_t label = 0; label < counts.size(0); ++label) {
    text += data::csv_field(classes[static_cast<std::size_t>(label)]);
    for (std::int64_t predicted = 0; predicted < counts.size(1); ++predicted)
      text += fmt::format(",{}", counts[label][predicted]);
    text += "\n";
  }
  return text;
}

std::string pictures_csv(const Evaluation& evaluation, const data::Split& split, const std::vector<std::string>& classes) {
  const auto name = [&](std::int64_t output) { return data::csv_field(classes[static_cast<std::size_t>(output)]); };
  std::string text = "file,class,predicted,probability,loss\n";
  for (const Record& record : evaluation.records)
    text += fmt::format("{},{},{},{},{}\n", data::csv_field(split.samples[record.sample].name), name(record.label),
                        name(record.predicted), record.probability, record.loss);
  return text;
}

}  // namespace

void write_evaluation(const Evaluation& evaluation, const data::Split& split, const std::vector<std::string>& classes,
                      const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw Error(fmt::format("cannot make the folder {}: {}", folder.string(), error.message()));
  const auto write = [&](const char* name, std::string_view text) { weights::write_whole_file(folder / name, {&text, 1}); };
  write("classes.csv", classes_csv(evaluation, classes));
  write("confusion.csv", confusion_csv(evaluation, classes));
  write("pictures.csv", pictures_csv(evaluation, split, classes));
}

}  // namespace aviary::results
