// Keeps square 8-bit pictures of one size, by number, in memory or in a file that other processes use at the same time. What a
// file holds is never trusted: each picture has a checksum, and one that is damaged is as good as none. Called by Pictures,
// from many threads at once.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include <aviary/image.hpp>

#include "data/cache_file.hpp"

namespace aviary::data {

class PictureCache {
 public:
  /// In memory, which is taken picture by picture. Throws aviary::Error when there is not enough.
  PictureCache(std::size_t count, std::int64_t side);

  /// In a file for this content, as open_cache_file() opens it: the same text must mean the same pictures.
  PictureCache(std::size_t count, std::int64_t side, std::string_view content);

  /// A copy of the picture, if there is one.
  std::optional<Image> find(std::size_t number);

  /// Precondition: for the same number it is always the same picture.
  void keep(std::size_t number, const Image& picture);

 private:
  enum class State : std::uint8_t { unknown, in_hand, whole };

  Image slot(std::size_t number) const;
  bool take_in_hand(std::size_t number);
  bool whole_in_file(std::size_t number);

  int side_;
  std::vector<std::atomic<State>> states_;  // as this process knows them
  std::unique_ptr<std::uint8_t[]> memory_;
  std::optional<CacheFile> file_;
};

}  // namespace aviary::data
