// Prepares the batches of an epoch with worker threads while the model computes. One thread calls start() and next(); the
// workers run for as long as the loader lives. Batches, their order and what is drawn for each picture depend on the data, the
// seed and the epoch alone, not on the number of workers. All parts of a batch together are what one process would have with a
// batch so many times as large.
//
//   Loader loader(dataset.train, preparation, {.batch_size = 32, .workers = 2, .seed = 1});
//   loader.start(epoch, Order::shuffled, &pipeline);
//   while (const std::optional<Batch> batch = loader.next()) ...
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "data/batch.hpp"
#include "data/dataset.hpp"
#include "data/pictures.hpp"
#include "data/pipeline.hpp"
#include "data/preparation.hpp"
#include "data/sampling.hpp"

namespace aviary::data {

/// As the epoch's sampling says, or the whole split from its beginning.
enum class Order { shuffled, in_order };

/// Whether pictures that cannot be decoded are left out (up to the larger of 10 and 1 % of the split), or end the training.
enum class OnBadImage { skip, stop };

/// Which part of every batch a process prepares where several train together.
struct Share {
  std::int64_t part = 0;
  std::int64_t parts = 1;
};

struct LoaderOptions {
  std::int64_t batch_size = 32;  ///< of each part
  int workers = 1;               ///< at least 1
  std::uint64_t seed = 0;
  OnBadImage on_bad_image = OnBadImage::skip;
  std::int64_t outputs = 0;                    ///< of the model: width of the targets of mixed pictures
  std::optional<std::int64_t> load_size = {};  ///< of pictures before they are augmented; by default the preparation's
  Cache cache = Cache::none;
  std::shared_ptr<const JpegDecoder> decoder = nullptr;  ///< null: the CPU decodes
  bool pinned = false;                                   ///< batches in memory that a GPU copies from by itself
  Share share = {};
  Finisher finisher = {};  ///< of the training pictures
};

struct BadPicture {
  std::string name;
  std::string reason;
};

class Loader {
 public:
  /// `split` must outlive the loader.
  Loader(const Split& split, const Preparation& preparation, const LoaderOptions& options);
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;
  /// Waits for no more than the picture that each worker has in hand.
  ~Loader();

  /// Begins an epoch at `first_batch`; one that is running is dropped. `pipeline` changes the pictures of the train split
  /// (null: they stay as they are; an Error for any other split) and must live until the next start() or the loader's end.
  void start(std::int64_t epoch, Order order, const Pipeline* pipeline, std::int64_t first_batch = 0,
             const Sampling& sampling = {});

  /// The next batch, finished, or this process's part of it, which may have lost pictures that cannot be decoded, even all of
  /// them; nothing at the end of the epoch. What a worker threw comes out here at the batch where it happened, and ends the
  /// epoch, as do too many bad pictures.
  std::optional<Batch> next();

  /// Of the epoch that was begun last, before that of the whole split; the last one may be smaller.
  std::int64_t batches() const;

  /// All that were left out of batches that next() has given, each once. May be called from any thread.
  std::vector<BadPicture> bad_pictures() const;

 private:
  struct Outcome {
    PreparedBatch prepared;
    std::exception_ptr failure;
  };

  void work();
  void close();
  void drop(std::unique_lock<std::mutex>& lock);
  Outcome prepare(std::int64_t number) const;
  void note(const std::vector<UndecodablePicture>& undecodable);

  const Split& split_;
  const Pictures pictures_;
  const Normaliser normalise_;
  const LoaderOptions options_;

  mutable std::mutex mutex_;
  std::condition_variable work_;     // something to prepare, or closing_
  std::condition_variable results_;  // a batch is ready, or a worker has become idle
  std::atomic<bool> dropped_ = false;
  bool closing_ = false;
  int busy_ = 0;  // workers that are preparing a batch

  // Of the epoch; changed only while no worker is busy.
  std::int64_t epoch_ = 0;
  const Pipeline* pipeline_ = nullptr;
  std::vector<Drawn> order_;

  std::int64_t next_to_prepare_ = 0;
  std::int64_t next_to_give_ = 0;
  std::int64_t end_ = 0;
  std::map<std::int64_t, Outcome> ready_;
  std::map<std::size_t, BadPicture> bad_;  // by sample

  std::vector<std::thread> workers_;
};

/// What becomes of batches that lost all their pictures.
enum class EmptyBatches { left_out, kept };

/// The next `count` batches, fewer at the end of the epoch.
std::vector<Batch> next_batches(Loader& loader, std::int64_t count, EmptyBatches empty = EmptyBatches::left_out);

/// A sentence for the user.
std::string left_out(const BadPicture& picture);

}  // namespace aviary::data
