// The survey in numbers. Called by `aviary data`, from one thread.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include <opencv2/core/types.hpp>

#include "data/dataset.hpp"
#include "inspection/survey.hpp"

namespace aviary::inspection {

struct ClassCount {
  std::string name;
  std::size_t pictures;
};

struct SplitSummary {
  std::string name;
  std::size_t pictures;
  std::size_t classes;  ///< that have pictures here; of these are
  double median;        ///< pictures
  ClassCount smallest;
  ClassCount largest;
};

struct LonelyClass {
  std::string name;
  std::string split;  ///< the only one that has pictures of it
};

struct SizeCount {
  cv::Size size;
  std::size_t pictures;
};

/// Pictures that cannot be decoded are counted as pictures of their class and split, nowhere else.
struct Summary {
  std::vector<SplitSummary> splits;                ///< those that have pictures
  std::vector<std::array<std::size_t, 3>> counts;  ///< of each class: pictures of train, validation and test
  std::vector<LonelyClass> in_one_split;           ///< where there are several splits
  std::vector<SizeCount> sizes;                    ///< the most frequent first
  std::size_t gray = 0;
};

Summary summarise(const data::Dataset& dataset, const Survey& survey);

}  // namespace aviary::inspection
