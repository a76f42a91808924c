// The three ways in which data is stored. Each function lists what it finds below settings.path, with class numbers as labels,
// and throws aviary::Error when there is no training part to be read. Called by open_dataset() alone.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "data/collection.hpp"
#include "recipe/sections.hpp"

namespace aviary::data {

/// train/, valid/ (or validation/ or val/) and test/, with a folder per class.
Collection list_image_folder(const recipe::Data& settings);

/// Kaggle's table: columns filepaths, labels and "data set".
Collection list_csv(const recipe::Data& settings);

/// train-images-idx3-ubyte and the other three files of MNIST, plain or .gz.
Collection list_idx(const recipe::Data& settings);

/// "train", "validation" or "test" for any accepted name of a part.
std::optional<std::string_view> part_called(std::string_view name);

/// Precondition: `part` comes from part_called().
Split& split_of(Collection& collection, std::string_view part);

}  // namespace aviary::data
