#include "data/dataset.hpp"

#include <set>
#include <system_error>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <aviary/error.hpp>

#include "data/cut.hpp"
#include "data/sources.hpp"

namespace aviary::data {
namespace {

namespace fs = std::filesystem;

void check_path(const recipe::Data& settings) {
  std::error_code error;
  const fs::file_status status = fs::status(settings.path, error);
  if (status.type() == fs::file_type::not_found)
    throw Error(fmt::format("data.path is {}, which does not exist; correct it, or bring the data there", settings.path));
  if (error) throw Error(fmt::format("cannot read data.path, {}: {}", settings.path, error.message()));
  if (settings.format != "csv" && !fs::is_directory(status))
    throw Error(
        fmt::format("data.path is {}, which is a file; data.format = \"{}\" needs a folder", settings.path, settings.format));
}

Collection list(const recipe::Data& settings) {
  if (settings.format == "csv") return list_csv(settings);
  if (settings.format == "idx") return list_idx(settings);
  return list_image_folder(settings);
}

void check_classes(Dataset& dataset, const recipe::Data& settings) {
  std::set<std::int64_t> trained;
  for (const Sample& sample : dataset.train.samples) trained.insert(sample.label);
  if (trained.size() == 1)
    throw Error(fmt::format("all training pictures of {} are of one class, \"{}\"; a classifier needs two classes or more",
                            settings.path, dataset.classes[static_cast<std::size_t>(*trained.begin())]));
  std::vector<std::string> untrained;
  for (std::size_t i = 0; i < dataset.classes.size(); ++i)
    if (!trained.contains(static_cast<std::int64_t>(i))) untrained.push_back(dataset.classes[i]);
  if (!untrained.empty())
    dataset.notices.push_back(fmt::format("without training pictures: \"{}\" ({} of {} classes)",
                                          fmt::join(untrained, "\", \""), untrained.size(), dataset.classes.size()));
}

void cut(Dataset& dataset, const recipe::Data& settings, std::uint64_t seed) {
  if (!dataset.validation.samples.empty())
    dataset.notices.push_back(
        fmt::format("data.{} cuts the validation part off train; the data's own {} validation pictures are not used",
                    settings.folds ? "folds" : "validation_fraction", dataset.validation.samples.size()));
  if (!settings.folds) return cut_validation(dataset, settings.validation_fraction, seed);
  if (*settings.folds > std::ssize(dataset.train.samples))
    throw Error(fmt::format("data.folds is {}, but the training part has {} pictures; expected no more folds than pictures",
                            *settings.folds, dataset.train.samples.size()),
                Fault::usage);
  cut_fold(dataset, *settings.folds, settings.fold, seed);
}

}  // namespace

Dataset open_dataset(const recipe::Data& settings, std::uint64_t seed) {
  check_path(settings);
  Dataset dataset = list(settings).finish(settings);
  if (settings.validation_fraction > 0 || settings.folds) cut(dataset, settings, seed);
  if (settings.fraction < 1) cut_down(dataset.train, settings.fraction, seed);
  check_classes(dataset, settings);
  return dataset;
}

}  // namespace aviary::data
