#include "data/loader.hpp"

#include <algorithm>
#include <filesystem>
#include <span>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <opencv2/core/utility.hpp>

#include <aviary/error.hpp>

namespace aviary::data {
namespace {

std::vector<Drawn> in_order(std::size_t count) {
  std::vector<Drawn> order;
  for (std::size_t i = 0; i < count; ++i) order.push_back({i});
  return order;
}

void pin(Batch& batch) {
  for (at::Tensor* const tensor : batch.tensors()) *tensor = tensor->pin_memory();
}

std::string listed(const std::map<std::size_t, BadPicture>& bad) {
  constexpr std::size_t shown = 3;
  std::vector<std::string> entries;
  for (const auto& [sample, picture] : bad) {
    if (entries.size() == shown) break;
    entries.push_back(fmt::format("{} ({})", picture.name, picture.reason));
  }
  return fmt::format("{}{}", fmt::join(entries, ", "),
                     bad.size() > shown ? fmt::format(" and {} more", bad.size() - shown) : "");
}

}  // namespace

Loader::Loader(const Split& split, const Preparation& preparation, const LoaderOptions& options)
    : split_(split),
      pictures_(split, preparation, options.load_size.value_or(preparation.image_size), options.cache, options.decoder),
      normalise_(preparation),
      options_(options),
      order_(in_order(split.samples.size())) {
  cv::setNumThreads(1);  // one pool: ours
  try {
    for (int i = 0; i < options.workers; ++i) workers_.emplace_back([this] { work(); });
  } catch (...) {
    close();
    throw;
  }
}

Loader::~Loader() { close(); }

void Loader::close() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    dropped_ = true;
  }
  work_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void Loader::drop(std::unique_lock<std::mutex>& lock) {
  next_to_prepare_ = next_to_give_ = end_ = 0;
  dropped_ = true;
  results_.wait(lock, [this] { return busy_ == 0; });
  dropped_ = false;
  ready_.clear();
}

void Loader::start(std::int64_t epoch, Order order, const Pipeline* pipeline, std::int64_t first_batch,
                   const Sampling& sampling) {
  if (pipeline != nullptr && split_.name != "train")
    throw Error(fmt::format("pictures of the {} part would be augmented; only those of train may be", split_.name));
  std::unique_lock lock(mutex_);
  drop(lock);
  epoch_ = epoch;
  pipeline_ = pipeline;
  order_ =
      order == Order::in_order ? in_order(split_.samples.size()) : draw_epoch(split_.samples, sampling, options_.seed, epoch);
  end_ = batches();
  next_to_prepare_ = next_to_give_ = std::min(first_batch, end_);
  lock.unlock();
  work_.notify_all();
}

std::optional<Batch> Loader::next() {
  std::unique_lock lock(mutex_);
  if (next_to_give_ == end_) return std::nullopt;
  results_.wait(lock, [this] { return ready_.contains(next_to_give_); });
  Outcome outcome = std::move(ready_.extract(next_to_give_).mapped());
  ++next_to_give_;
  try {
    if (outcome.failure) std::rethrow_exception(outcome.failure);
    note(outcome.prepared.undecodable);
  } catch (...) {
    drop(lock);
    throw;
  }
  lock.unlock();
  work_.notify_one();
  if (options_.finisher.augmenter) finish(outcome.prepared.batch, options_.finisher);
  return std::move(outcome.prepared.batch);
}

// Here and not by the workers, so that the error comes at the same batch whatever their number.
void Loader::note(const std::vector<UndecodablePicture>& undecodable) {
  for (const auto& [sample, reason] : undecodable) {
    // Not a bad picture but lost data, on a disk that was unplugged: what is trained without it would be another training.
    const std::filesystem::path folder = split_.samples[sample].file.parent_path();
    if (!folder.empty() && !std::filesystem::exists(folder))
      throw Error(
          fmt::format("the folder {} with pictures of the {} part is gone; bring it back", folder.native(), split_.name));
    bad_.try_emplace(sample, BadPicture{split_.samples[sample].name, reason});
  }
  const std::size_t total = split_.samples.size();
  const std::size_t limit = std::max<std::size_t>(10, total / 100);
  if (!undecodable.empty() && options_.on_bad_image == OnBadImage::stop)
    throw Error(
        fmt::format("a picture of the {} part cannot be decoded: {}; mend or remove it, or set data.on_bad_image = \"skip\"",
                    split_.name, listed(bad_)));
  if (bad_.size() > limit)
    throw Error(fmt::format(
        "{} of the {} pictures of the {} part cannot be decoded, more than the {} that may be left out: {}; mend or "
        "remove them",
        bad_.size(), total, split_.name, limit, listed(bad_)));
}

std::int64_t Loader::batches() const {
  const std::int64_t size = options_.batch_size * options_.share.parts;
  return (std::ssize(order_) + size - 1) / size;
}

std::vector<BadPicture> Loader::bad_pictures() const {
  const std::lock_guard lock(mutex_);
  std::vector<BadPicture> pictures;
  for (const auto& [sample, picture] : bad_) pictures.push_back(picture);
  return pictures;
}

Loader::Outcome Loader::prepare(std::int64_t number) const {
  Outcome outcome;
  try {
    const auto [part, parts] = options_.share;
    const std::int64_t begin = number * options_.batch_size * parts;
    const std::int64_t count = std::min(options_.batch_size * parts, std::ssize(order_) - begin);
    const std::int64_t first = begin + count * part / parts;
    const auto drawn = std::span(order_).subspan(static_cast<std::size_t>(first),
                                                 static_cast<std::size_t>(begin + count * (part + 1) / parts - first));
    outcome.prepared = prepare_batch(
        {pictures_, normalise_, pipeline_, options_.seed, epoch_, options_.outputs, options_.finisher.augmenter != nullptr},
        drawn, dropped_);
    outcome.prepared.batch.number = number;
    if (options_.pinned) pin(outcome.prepared.batch);
  } catch (...) {
    outcome.failure = std::current_exception();
  }
  return outcome;
}

void Loader::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    // So many batches ahead keep every worker busy while the model takes its time with one.
    work_.wait(lock, [this] {
      return closing_ || (next_to_prepare_ < end_ && next_to_prepare_ < next_to_give_ + options_.workers + 2);
    });
    if (closing_) return;
    const std::int64_t number = next_to_prepare_++;
    ++busy_;
    lock.unlock();
    Outcome outcome = prepare(number);
    lock.lock();
    --busy_;
    ready_.emplace(number, std::move(outcome));
    results_.notify_all();
  }
}

std::vector<Batch> next_batches(Loader& loader, std::int64_t count, EmptyBatches empty) {
  std::vector<Batch> group;
  for (; count > 0; --count) {
    std::optional<Batch> batch = loader.next();
    if (!batch) break;
    if (batch->labels.size(0) > 0 || empty == EmptyBatches::kept) group.push_back(std::move(*batch));
  }
  return group;
}

std::string left_out(const BadPicture& picture) { return fmt::format("left out {}: {}", picture.name, picture.reason); }

}  // namespace aviary::data
