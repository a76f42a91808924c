// A file of pictures in the user's cache folder, mapped into memory and shared by all processes that need the same pictures.
// Opened by PictureCache, once.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <boost/interprocess/mapped_region.hpp>

namespace aviary::data {

/// The parts of the mapped file.
struct CacheFile {
  boost::interprocess::mapped_region region;
  std::atomic<std::uint64_t>* marks;  ///< of each picture: 0 until it is there, then its checksum
  std::uint8_t* pixels;               ///< of all pictures, one after the other
};

/// The file for this content in $XDG_CACHE_HOME/aviary, else ~/.cache/aviary. It is made, all marks 0, where there is none, and
/// where the one there is not as it was made. Its disk space is taken at once. Throws aviary::Error when that fails.
CacheFile open_cache_file(std::string_view content, std::size_t count, std::size_t picture_bytes);

}  // namespace aviary::data
