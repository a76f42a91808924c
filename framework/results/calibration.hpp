// How far a model's probabilities can be believed (Guo et al., On Calibration of Modern Neural Networks, 2017, arXiv
// 1706.04599, sections 2 and 4.2). Pure functions, for any thread.
#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace aviary::results {

/// The pictures whose prediction has a probability above (i / bins) and up to (i + 1) / bins.
struct CalibrationBin {
  std::int64_t pictures = 0;
  double probability = 0;  ///< mean of the predictions; 0 without pictures
  double top1 = 0;         ///< share of them that is right
};

struct Calibration {
  double error = 0;                  ///< expected calibration error, 0 to 1, over the bins
  double temperature = 1;            ///< what logits have to be divided by for the least loss on these pictures
  double error_after = 0;            ///< the error with that temperature
  std::vector<CalibrationBin> bins;  ///< 15 of equal width, without temperature
};

/// `logits`: double, pictures x classes; `labels`: int64. Precondition: there is a picture.
Calibration calibrate(const at::Tensor& logits, const at::Tensor& labels);

}  // namespace aviary::results
