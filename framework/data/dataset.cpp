#include "data/dataset.hpp"

#include <set>
#include <system_error>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <aviary/error.hpp>

#include "data/sources.hpp"
#include "data/validation_cut.hpp"

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

}  // namespace

Dataset open_dataset(const recipe::Data& settings, std::uint64_t seed) {
  check_path(settings);
  Dataset dataset = list(settings).finish(settings);
  check_classes(dataset, settings);
  if (settings.validation_fraction > 0) {
    if (!dataset.validation.samples.empty())
      dataset.notices.push_back(
          fmt::format("data.validation_fraction cuts the validation part off train; the data's own {} validation "
                      "pictures are not used",
                      dataset.validation.samples.size()));
    cut_validation(dataset, settings.validation_fraction, seed);
  }
  return dataset;
}

}  // namespace aviary::data
