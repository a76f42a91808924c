#include "results/prediction.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <future>
#include <utility>

#include <aviary/model.hpp>

#include "data/batch.hpp"
#include "network/evaluation_mode.hpp"
#include "network/input.hpp"

namespace aviary::results {
namespace {

constexpr std::size_t batch_size = 32;

// Files that a worker decodes.
class Batch {
 public:
  Batch(std::vector<std::filesystem::path> files, const data::Preparation& preparation, const std::atomic<bool>& stop) {
    for (std::filesystem::path& file : files) split_.samples.push_back({file.string(), 0, std::move(file), {}});
    prepared_ = std::async(std::launch::async, [this, &preparation, &stop] {
      const data::Pictures pictures(split_, preparation, preparation.image_size, data::Cache::none);
      const data::Normaliser normalise(preparation);
      std::vector<data::Drawn> drawn;
      for (std::size_t i = 0; i < split_.samples.size(); ++i) drawn.push_back({i});
      return data::prepare_batch({pictures, normalise, nullptr, 0, 0, 0}, drawn, stop);
    });
  }

  /// In the order of the files. Waits for the worker.
  std::vector<Prediction> predictions(Model& model, const plugins::Callee& callee) {
    const data::PreparedBatch prepared = prepared_.get();
    std::vector<Prediction> predictions;
    for (const data::Sample& sample : split_.samples) predictions.push_back({sample.file, {}, ""});
    for (const data::UndecodablePicture& bad : prepared.undecodable) predictions[bad.sample].error = bad.reason;
    if (prepared.batch.samples.empty()) return predictions;
    const at::Tensor images = prepared.batch.images.to(network::input_options(model).device());
    const at::Tensor logits =
        plugins::guarded(callee, [&] { return model.forward(images).to(at::kCPU, at::kDouble).contiguous(); });
    const double* row = logits.data_ptr<double>();
    for (const std::size_t sample : prepared.batch.samples) {
      predictions[sample].logits.assign(row, row + logits.size(1));
      row += logits.size(1);
    }
    return predictions;
  }

 private:
  data::Split split_;
  std::future<data::PreparedBatch> prepared_;
};

}  // namespace

NextFiles in_turn(std::vector<std::filesystem::path> files) {
  return [files = std::move(files), given = std::size_t{0}](std::size_t most, bool) mutable {
    const auto first = files.begin() + static_cast<std::ptrdiff_t>(given);
    given = std::min(files.size(), given + most);
    return std::vector(first, files.begin() + static_cast<std::ptrdiff_t>(given));
  };
}

void predict(Model& model, const plugins::Callee& callee, const data::Preparation& preparation, const NextFiles& next,
             int workers, const std::atomic<bool>& stop, const std::function<void(const Prediction&)>& each) {
  const network::EvaluationMode mode(model);
  std::deque<Batch> under_way;  // the one that the model takes next, and one for each worker
  while (!stop) {
    while (std::ssize(under_way) <= workers) {
      std::vector<std::filesystem::path> files = next(batch_size, under_way.empty());
      if (files.empty()) break;
      under_way.emplace_back(std::move(files), preparation, stop);
    }
    if (under_way.empty()) return;
    const std::vector<Prediction> predictions = under_way.front().predictions(model, callee);
    if (stop) return;
    for (const Prediction& prediction : predictions) each(prediction);
    under_way.pop_front();
  }
}

std::vector<double> probabilities(const std::vector<double>& logits) {
  const double largest = *std::ranges::max_element(logits);
  std::vector<double> shares;
  double sum = 0;
  for (const double logit : logits) sum += shares.emplace_back(std::exp(logit - largest));
  for (double& share : shares) share /= sum;
  return shares;
}

}  // namespace aviary::results
