// The pictures of an experiment and their classes, listed but not decoded. Opened once, before training starts, by the thread
// that trains; everything wrong with the data as a whole is an aviary::Error from here. After that a Dataset is only read, from
// many threads.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <opencv2/core/mat.hpp>

#include "recipe/sections.hpp"

namespace aviary::data {

struct Sample {
  std::string name;  ///< path below the data's folder, or "train/123" for IDX: for messages and hashes
  std::int64_t label = 0;
  std::filesystem::path file;
  cv::Mat pixels;  ///< of IDX only: 1 channel, shares one block with all others
};

struct Split {
  std::string name;  ///< "train", "validation" or "test"
  std::vector<Sample> samples;
};

struct Dataset {
  std::vector<std::string> classes;  ///< a sample's label is an index into them
  Split train;
  Split validation;                  ///< empty when the data has none and none is cut
  Split test;                        ///< empty when the data has none
  std::vector<std::string> notices;  ///< sentences for the user
};

/// Lists what `settings` describe, in an order that depends on the data alone: by class, then by name. The seed chooses which
/// pictures are cut off for validation (validation_fraction, folds), and then which ones are left (fraction).
Dataset open_dataset(const recipe::Data& settings, std::uint64_t seed);

/// The pictures of a folder that holds a folder per class, called like these classes, spaces folded; a class may be missing.
/// The split has the folder's name. Throws Error (Fault::usage) where a folder is of no class, or no picture is there.
Split list_class_folders(const std::filesystem::path& folder, const std::vector<std::string>& classes);

}  // namespace aviary::data
