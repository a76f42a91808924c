#include "data/pictures.hpp"

#include <algorithm>
#include <fstream>
#include <limits>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <opencv2/core/utility.hpp>

#include "data/decode.hpp"

namespace aviary::data {
namespace {

// In bytes: MemAvailable of /proc/meminfo, or what a container's limit leaves, where that is less.
double free_memory() {
  double available = 0;
  std::ifstream in("/proc/meminfo");
  for (std::string name; in >> name; in.ignore(std::numeric_limits<std::streamsize>::max(), '\n'))
    if (double kibibytes = 0; name == "MemAvailable:" && in >> kibibytes) available = kibibytes * 1024;
  double limit = 0;
  double used = 0;  // the first is a word where there is no limit
  if (std::ifstream("/sys/fs/cgroup/memory.max") >> limit && std::ifstream("/sys/fs/cgroup/memory.current") >> used)
    available = std::min(available, std::max(0.0, limit - used));
  return available;
}

double bytes_of(const Split& split, std::int64_t side) {
  return 3 * static_cast<double>(split.samples.size()) * static_cast<double>(side * side);
}

// All that decides the bytes of the pictures. Files that cannot be looked at have no size; they are bad pictures, too.
std::string content(const Split& split, const Preparation& preparation, std::int64_t side, bool on_device) {
  std::string text = fmt::format("{}\n{} {}{}\n", cv::getBuildInformation(), preparation.resize_kind, side,
                                 on_device ? " decoded on a device" : "");
  for (const Sample& sample : split.samples) {
    std::error_code error;
    const auto size = std::filesystem::file_size(sample.file, error);
    const auto changed = std::filesystem::last_write_time(sample.file, error);
    const std::string path = std::filesystem::absolute(sample.file).native();
    text += fmt::format("{} {} {} {}\n", path.size(), path, size, changed.time_since_epoch().count());
  }
  return text;
}

std::unique_ptr<PictureCache> make_cache(const Split& split, const Preparation& preparation, std::int64_t side, Cache cache,
                                         bool on_device) {
  const std::size_t count = split.samples.size();
  if (cache == Cache::memory) return std::make_unique<PictureCache>(count, side);
  if (cache == Cache::disk) return std::make_unique<PictureCache>(count, side, content(split, preparation, side, on_device));
  return nullptr;
}

}  // namespace

Cache chosen_cache(const recipe::Data& settings, const Dataset& dataset, int processes) {
  if (settings.format == "idx") return Cache::none;
  if (settings.cache)
    return *settings.cache == "disk" ? Cache::disk : *settings.cache == "memory" ? Cache::memory : Cache::none;
  const double bytes = bytes_of(dataset.train, settings.load_size.value_or(settings.image_size)) +
                       bytes_of(dataset.validation, settings.image_size);
  return processes * bytes <= free_memory() / 2 ? Cache::memory : Cache::none;
}

Pictures::Pictures(const Split& split, Preparation preparation, std::int64_t side, Cache cache,
                   std::shared_ptr<const JpegDecoder> decoder)
    : split_(split),
      preparation_(std::move(preparation)),
      side_(side),
      decoder_(std::move(decoder)),
      cache_(make_cache(split, preparation_, side, cache, decoder_ != nullptr)) {}

Image Pictures::load(std::size_t sample) const {
  if (cache_)
    if (std::optional<Image> kept = cache_->find(sample)) return *std::move(kept);
  const auto& [name, label, file, pixels] = split_.samples[sample];
  Image picture = pixels.empty() ? preparation_.load(file, side_, decoder_.get()) : preparation_.resize(to_rgb(pixels), side_);
  if (cache_) cache_->keep(sample, picture);
  return picture;
}

}  // namespace aviary::data
