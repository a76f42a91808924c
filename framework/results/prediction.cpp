#include "results/prediction.hpp"

#include <algorithm>
#include <cmath>
#include <future>
#include <span>

#include <c10/core/GradMode.h>

#include <aviary/model.hpp>

#include "data/batch.hpp"

namespace aviary::results {
namespace {

constexpr std::size_t batch_size = 32;

// The predictions of one batch, in the order of its files.
std::vector<Prediction> predictions(Model& model, const plugins::Callee& callee, const data::PreparedBatch& prepared,
                                    const data::Split& split, std::span<const data::Drawn> drawn) {
  std::vector<Prediction> batch;
  const std::size_t first = drawn.front().sample;
  for (const data::Drawn& each : drawn) batch.push_back({split.samples[each.sample].file, {}, ""});
  for (const data::UndecodablePicture& bad : prepared.undecodable) batch[bad.sample - first].error = bad.reason;
  if (prepared.batch.samples.empty()) return batch;
  const c10::AutoGradMode no_gradients(false);
  const at::Tensor logits =
      plugins::guarded(callee, [&] { return model.forward(prepared.batch.images).to(at::kCPU, at::kDouble).contiguous(); });
  const double* row = logits.data_ptr<double>();
  for (const std::size_t sample : prepared.batch.samples) {
    batch[sample - first].logits.assign(row, row + logits.size(1));
    row += logits.size(1);
  }
  return batch;
}

}  // namespace

void predict(Model& model, const plugins::Callee& callee, const data::Preparation& preparation,
             const std::vector<std::filesystem::path>& files, const std::atomic<bool>& stop,
             const std::function<void(const Prediction&)>& each) {
  model.eval();
  data::Split split;
  for (const std::filesystem::path& file : files) split.samples.push_back({file.string(), 0, file, {}});
  const data::Pictures loaded(split, preparation, preparation.image_size, data::Cache::none);
  const data::Normaliser normalise(preparation);
  std::vector<data::Drawn> all;
  for (std::size_t i = 0; i < files.size(); ++i) all.push_back({i});
  const auto batch_from = [&](std::size_t begin) {
    return std::span(all).subspan(begin, std::min(batch_size, all.size() - begin));
  };
  const auto prepare = [&](std::size_t begin) {
    return std::async(std::launch::async, [&, begin] {
      return data::prepare_batch({loaded, normalise, nullptr, 0, 0, 0}, batch_from(begin), stop);
    });
  };
  std::future<data::PreparedBatch> next;
  if (!all.empty()) next = prepare(0);
  for (std::size_t begin = 0; begin < all.size(); begin += batch_size) {
    const data::PreparedBatch prepared = next.get();
    if (stop) return;
    if (begin + batch_size < all.size()) next = prepare(begin + batch_size);
    for (const Prediction& prediction : predictions(model, callee, prepared, split, batch_from(begin))) each(prediction);
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
