#include "results/calibration.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

#include <ATen/TensorOperators.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/max.h>
#include <ATen/ops/nll_loss.h>
#include <boost/math/tools/minima.hpp>

namespace aviary::results {
namespace {

constexpr int bin_count = 15;

std::vector<CalibrationBin> bins_of(const at::Tensor& logits, const at::Tensor& labels) {
  const auto [highest, predictions] = at::max(at::log_softmax(logits, 1), 1);
  const auto log_probability = highest.accessor<double, 1>();
  const auto predicted = predictions.accessor<std::int64_t, 1>();
  const auto label = labels.accessor<std::int64_t, 1>();
  std::vector<CalibrationBin> bins(bin_count);
  for (std::int64_t i = 0; i < labels.size(0); ++i) {
    const double probability = std::isfinite(log_probability[i]) ? std::exp(log_probability[i]) : 0;  // of a model gone astray
    const double place = std::ceil(probability * bin_count) - 1;
    CalibrationBin& bin = bins[static_cast<std::size_t>(std::clamp(place, 0.0, bin_count - 1.0))];
    ++bin.pictures;
    bin.probability += probability;
    bin.top1 += predicted[i] == label[i] ? 1 : 0;
  }
  for (CalibrationBin& bin : bins) {
    if (bin.pictures == 0) continue;
    bin.probability /= static_cast<double>(bin.pictures);
    bin.top1 /= static_cast<double>(bin.pictures);
  }
  return bins;
}

double expected_error(const std::vector<CalibrationBin>& bins, std::int64_t pictures) {
  double sum = 0;
  for (const CalibrationBin& bin : bins) sum += static_cast<double>(bin.pictures) * std::abs(bin.top1 - bin.probability);
  return sum / static_cast<double>(pictures);
}

// The loss has one minimum over the temperature's inverse, so over its logarithm.
double best_temperature(const at::Tensor& logits, const at::Tensor& labels) {
  constexpr double widest = 5;  // e^5: where a model that is right, or wrong, of every picture would lead without end
  const auto loss = [&](double log_temperature) {
    return at::nll_loss(at::log_softmax(logits / std::exp(log_temperature), 1), labels).item<double>();
  };
  constexpr int half_of_double = std::numeric_limits<double>::digits / 2;
  std::uintmax_t most = 100;  // where the loss is not finite it finds no end
  return std::exp(boost::math::tools::brent_find_minima(loss, -widest, widest, half_of_double, most).first);
}

}  // namespace

Calibration calibrate(const at::Tensor& logits, const at::Tensor& labels) {
  Calibration calibration;
  calibration.bins = bins_of(logits, labels);
  calibration.error = expected_error(calibration.bins, labels.size(0));
  calibration.temperature = best_temperature(logits, labels);
  calibration.error_after = expected_error(bins_of(logits / calibration.temperature, labels), labels.size(0));
  return calibration;
}

}  // namespace aviary::results
