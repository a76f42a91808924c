#include "data/picture_cache.hpp"

#include <new>

#include <fmt/format.h>
#include <zlib.h>
#include <opencv2/core.hpp>

#include <aviary/error.hpp>

namespace aviary::data {
namespace {

std::size_t bytes_of(std::int64_t side) { return static_cast<std::size_t>(side * side) * 3; }

// Never 0.
std::uint64_t checksum(const Image& picture) {
  return std::uint64_t{1} << 32 | crc32_z(0, picture.data, picture.total() * picture.elemSize());
}

}  // namespace

PictureCache::PictureCache(std::size_t count, std::int64_t side) : side_(static_cast<int>(side)), states_(count) {
  memory_.reset(new (std::nothrow) std::uint8_t[count * bytes_of(side)]);
  if (!memory_)
    throw Error(fmt::format("{} pictures take {:.1f} GB of memory, which is not there; set data.cache to \"disk\" or \"none\"",
                            count, static_cast<double>(count * bytes_of(side)) * 1e-9));
}

PictureCache::PictureCache(std::size_t count, std::int64_t side, std::string_view content)
    : side_(static_cast<int>(side)), states_(count), file_(open_cache_file(content, count, bytes_of(side))) {}

std::optional<Image> PictureCache::find(std::size_t number) {
  if (states_[number].load(std::memory_order_acquire) != State::whole && !whole_in_file(number)) return std::nullopt;
  return slot(number).clone();
}

void PictureCache::keep(std::size_t number, const Image& picture) {
  if (!take_in_hand(number)) return;
  const Image kept = slot(number);
  picture.copyTo(kept);
  if (file_) file_->marks[number].store(checksum(kept), std::memory_order_release);
  states_[number].store(State::whole, std::memory_order_release);
}

// The part of the cache where the picture is, or will be.
Image PictureCache::slot(std::size_t number) const {
  std::uint8_t* const pixels = file_ ? file_->pixels : memory_.get();
  return {side_, side_, CV_8UC3, pixels + number * bytes_of(side_)};
}

// One thread alone may look into the file, or write.
bool PictureCache::take_in_hand(std::size_t number) {
  State expected = State::unknown;
  return states_[number].compare_exchange_strong(expected, State::in_hand);
}

bool PictureCache::whole_in_file(std::size_t number) {
  if (!file_ || !take_in_hand(number)) return false;
  const std::uint64_t mark = file_->marks[number].load(std::memory_order_acquire);
  const bool whole = mark != 0 && mark == checksum(slot(number));
  states_[number].store(whole ? State::whole : State::unknown, std::memory_order_release);
  return whole;
}

}  // namespace aviary::data
