#include <algorithm>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include <fmt/format.h>
#include <zlib.h>
#include <opencv2/core/mat.hpp>

#include <aviary/error.hpp>

#include "data/sources.hpp"

namespace aviary::data {
namespace {

namespace fs = std::filesystem;

struct Idx {
  fs::path file;
  std::vector<std::uint32_t> dimensions;
  std::vector<std::uint8_t> values;
};

[[noreturn]] void refuse(const fs::path& file, const std::string& what) {
  throw Error(fmt::format("{}: {}; fetch the file again", file.native(), what));
}

// As many bytes as there are, up to `limit`: a header that lies must not decide how much memory is taken.
std::vector<std::uint8_t> read_up_to(gzFile in, std::uint64_t limit, const fs::path& file) {
  std::vector<std::uint8_t> bytes;
  constexpr std::uint64_t chunk = 1 << 20;
  while (bytes.size() < limit) {
    const std::size_t before = bytes.size();
    bytes.resize(before + static_cast<std::size_t>(std::min(chunk, limit - before)));
    const int count = gzread(in, bytes.data() + before, static_cast<unsigned>(bytes.size() - before));
    int status = Z_OK;
    gzerror(in, &status);
    if (count < 0 || status != Z_OK) refuse(file, "cut off or damaged");
    bytes.resize(before + static_cast<std::size_t>(count));
    if (count == 0) break;
  }
  return bytes;
}

// http://yann.lecun.com/exdb/mnist: 0, 0, type of the values (8: bytes), number of dimensions, big-endian sizes, values.
Idx read_idx(const fs::path& file, std::size_t rank) {
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> in(gzopen(file.c_str(), "rb"), gzclose);
  if (!in) throw Error(fmt::format("cannot open {}; check its permissions", file.native()));
  const std::size_t values_at = 4 + 4 * rank;
  const std::vector<std::uint8_t> header = read_up_to(in.get(), values_at, file);
  if (header.size() < values_at) refuse(file, fmt::format("cut off: {} bytes, shorter than the header", header.size()));
  if (header[0] != 0 || header[1] != 0 || header[2] != 8 || header[3] != rank)
    refuse(file, fmt::format("not the expected IDX file: it begins with {:02x}{:02x}{:02x}{:02x}, expected 000008{:02x}",
                             header[0], header[1], header[2], header[3], rank));
  Idx idx{file, {}, {}};
  std::uint64_t count = 1;
  for (std::size_t i = 4; i < values_at; i += 4) {
    const std::uint32_t size = std::uint32_t{header[i]} << 24 | header[i + 1] << 16 | header[i + 2] << 8 | header[i + 3];
    if (i > 4 && (size == 0 || size > 4096))
      refuse(file, fmt::format("its header tells of pictures with a side of {} pixels; expected 1 to 4096", size));
    idx.dimensions.push_back(size);
    count *= size;
  }
  idx.values = read_up_to(in.get(), count + 1, file);
  if (idx.values.size() != count)
    refuse(file, fmt::format("{} than its header tells: expected {} values", idx.values.size() < count ? "shorter" : "longer",
                             count));
  return idx;
}

fs::path find(const fs::path& folder, const std::string& name) {
  for (const fs::path& file : {folder / name, folder / (name + ".gz")}) {
    std::error_code ignored;
    if (fs::exists(file, ignored)) return file;
  }
  return {};
}

fs::path required(const fs::path& folder, const std::string& name) {
  fs::path file = find(folder, name);
  if (file.empty())
    throw Error(fmt::format("{} has no {} or {}.gz; bring the file there, or correct data.path", folder.native(), name, name));
  return file;
}

cv::Mat block(const Idx& images) {
  const std::uint64_t rows = std::uint64_t{images.dimensions[0]} * images.dimensions[1];
  if (rows > INT32_MAX) refuse(images.file, fmt::format("too many pictures, {}", images.dimensions[0]));
  cv::Mat pixels(static_cast<int>(rows), static_cast<int>(images.dimensions[2]), CV_8UC1);
  if (!images.values.empty()) std::memcpy(pixels.data, images.values.data(), images.values.size());
  return pixels;
}

void list_part(const fs::path& folder, const std::string& prefix, Split& split) {
  const Idx images = read_idx(required(folder, prefix + "-images-idx3-ubyte"), 3);
  const Idx labels = read_idx(required(folder, prefix + "-labels-idx1-ubyte"), 1);
  if (images.dimensions[0] != labels.dimensions[0])
    throw Error(fmt::format("{} holds {} pictures, but {} holds {} labels; they are not of one data set", images.file.native(),
                            images.dimensions[0], labels.file.native(), labels.dimensions[0]));
  const cv::Mat pixels = block(images);
  const int height = static_cast<int>(images.dimensions[1]);
  for (int i = 0; i < static_cast<int>(images.dimensions[0]); ++i)
    split.samples.push_back({fmt::format("{}/{}", split.name, i), labels.values[static_cast<std::size_t>(i)], images.file,
                             pixels.rowRange(i * height, (i + 1) * height)});
}

}  // namespace

Collection list_idx(const recipe::Data& settings) {
  const fs::path folder = settings.path;
  Collection collection(ClassOrder::as_added);
  list_part(folder, "train", collection.train);
  if (collection.train.samples.empty())
    throw Error(fmt::format("{} holds no pictures", find(folder, "train-images-idx3-ubyte").native()));
  if (!find(folder, "t10k-images-idx3-ubyte").empty() || !find(folder, "t10k-labels-idx1-ubyte").empty())
    list_part(folder, "t10k", collection.test);

  std::int64_t classes = 0;
  for (const Split* split : {&collection.train, &collection.test})
    for (const Sample& sample : split->samples) classes = std::max(classes, sample.label + 1);
  const auto& names = settings.class_names;  // the files know numbers only; names follow their order
  if (!names.empty() && names.size() < static_cast<std::size_t>(classes))
    throw Error(fmt::format("data.class_names lists {} classes, but the labels in {} go from 0 to {}", names.size(),
                            folder.native(), classes - 1),
                Fault::usage);
  for (std::int64_t i = 0; i < classes; ++i)
    collection.class_number(names.empty() ? std::to_string(i) : names[static_cast<std::size_t>(i)]);
  return collection;
}

}  // namespace aviary::data
