// Looks at every picture of a data set once, and keeps of each what can be told and compared. Called by `aviary data`, from one
// thread; pictures are decoded by threads of its own.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <opencv2/core/types.hpp>

#include "data/dataset.hpp"
#include "data/preparation.hpp"
#include "inspection/fingerprint.hpp"
#include "inspection/parallel.hpp"

namespace aviary::inspection {

struct Picture {
  const data::Split* split;
  const data::Sample* sample;
  std::string fault;  ///< why it cannot be decoded; where it can, this is empty and the rest holds
  cv::Size size;
  bool gray = false;  ///< red, green and blue are equal everywhere
  Fingerprint fingerprint;
};

/// How often each value occurs in red, green and blue. Adding to it does not depend on the order.
struct Colors {
  std::array<std::array<std::uint64_t, 256>, 3> counts{};

  void add(const Image& image);
  void add(const Colors& other);
  /// As data.mean and data.std: of all pixels together, in 0..1. Precondition: there are some.
  std::array<double, 3> mean() const;
  std::array<double, 3> std() const;
  bool empty() const;
};

struct Survey {
  std::vector<Picture> pictures;  ///< of train, then validation, then test
  Colors colors;                  ///< of the training pictures, resized as `preparation` says
};

/// Nothing when it was stopped. `dataset` must outlive the result.
std::optional<Survey> survey(const data::Dataset& dataset, const data::Preparation& preparation, int threads,
                             const Watch& watch);

}  // namespace aviary::inspection
