#include "data/pictures.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <ATen/ops/equal.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>
#include <opencv2/core.hpp>

#include "data/loader.hpp"
#include "framework/data/augmentations.hpp"
#include "framework/data/pictures.hpp"

namespace aviary::data {
namespace {

namespace fs = std::filesystem;
using ::testing::IsEmpty;
using ::testing::SizeIs;

bool equal(const Image& a, const Image& b) { return a.size() == b.size() && cv::norm(a, b, cv::NORM_INF) == 0; }

/// A cache folder for the test alone, and pictures of noise.
class PictureFolder : public ::testing::Test {
 protected:
  PictureFolder() {
    setenv("XDG_CACHE_HOME", (folder_ / "cache").c_str(), 1);
    fill(3);
  }
  ~PictureFolder() override { unsetenv("XDG_CACHE_HOME"); }

  void fill(int count) {
    split_.samples.clear();
    for (int i = 0; i < count; ++i) {
      cv::Mat noise(9, 7, CV_8UC3);
      cv::randu(noise, 0, 256);
      const std::string name = fmt::format("{}.png", i);
      split_.samples.push_back({name, 0, folder_.write(name, noise), {}});
    }
  }

  std::vector<Image> load_all(Cache cache) const {
    const Pictures pictures(split_, small, 4, cache);
    std::vector<Image> all;
    for (std::size_t i = 0; i < split_.samples.size(); ++i) all.push_back(pictures.load(i));
    return all;
  }

  /// The one file with pictures in it.
  fs::path cache_file() const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(folder_ / "cache/aviary"))
      if (entry.path().extension() == ".pictures") found.push_back(entry.path());
    EXPECT_THAT(found, SizeIs(1));
    return found.at(0);
  }

  static std::string bytes_of(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  Folder folder_;
  Split split_{"train", {}};
};

class CachedPictures : public PictureFolder, public ::testing::WithParamInterface<Cache> {};

INSTANTIATE_TEST_SUITE_P(NoneMemoryDisk, CachedPictures, ::testing::Values(Cache::none, Cache::memory, Cache::disk));

TEST_P(CachedPictures, AreWhatTheFilesHold) {
  const Pictures pictures(split_, small, 4, GetParam());
  for (int round = 0; round < 2; ++round)
    for (std::size_t i = 0; i < 3; ++i) EXPECT_TRUE(equal(pictures.load(i), small.load(split_.samples[i].file, 4)));
}

TEST_P(CachedPictures, BelongToTheCaller) {
  const Pictures pictures(split_, small, 4, GetParam());
  const Image before = pictures.load(1).clone();
  pictures.load(1).setTo(7);
  EXPECT_TRUE(equal(pictures.load(1), before));
}

TEST_P(CachedPictures, StayBad) {
  folder_.write("1.png", "no picture");
  for (int process = 0; process < 2; ++process) {
    const Pictures pictures(split_, small, 4, GetParam());
    for (int round = 0; round < 2; ++round) {
      EXPECT_EQ(error_of([&] { pictures.load(1); }), "it is no picture that can be decoded");
      EXPECT_EQ(pictures.load(2).cols, 4);
    }
  }
}

TEST_P(CachedPictures, TrainToTheSameBits) {
  fill(20);
  const Pipeline augment = pipeline({[](cv::Size, Rng& rng) {
    const int by = static_cast<int>(rng.integer(0, 100));
    return Pixels([by](const Image& image) { return Image(image + cv::Scalar::all(by)); });
  }});
  Loader plain(split_, small, {.batch_size = 3, .workers = 1, .seed = 1, .load_size = 6});
  Loader cached(split_, small, {.batch_size = 3, .workers = 4, .seed = 1, .load_size = 6, .cache = GetParam()});
  for (const std::int64_t epoch : {0, 1, 2}) {
    plain.start(epoch, Order::shuffled, &augment);
    cached.start(epoch, Order::shuffled, &augment);
    while (const auto batch = plain.next()) EXPECT_TRUE(at::equal(cached.next()->images, batch->images));
  }
}

using MemoryCache = PictureFolder;

TEST_F(MemoryCache, ReadsEachFileOnce) {
  const Pictures pictures(split_, small, 4, Cache::memory);
  const Image first = pictures.load(0).clone();
  fs::remove(split_.samples[0].file);
  EXPECT_TRUE(equal(pictures.load(0), first));
}

class DiskCache : public PictureFolder {
 protected:
  /// Puts another picture in the place of the first, of the same size and age.
  void forge_first_picture() const {
    const fs::path file = split_.samples[0].file;
    const auto changed = fs::last_write_time(file);
    const auto size = fs::file_size(file);
    folder_.write("0.png", cv::Mat(9, 7, CV_8UC3, cv::Scalar::all(200)));
    std::ofstream(file, std::ios::app) << std::string(size - fs::file_size(file), '\0');
    fs::last_write_time(file, changed);
  }
};

TEST_F(DiskCache, IsUsedByTheNextRun) {
  const auto first = load_all(Cache::disk);
  forge_first_picture();
  EXPECT_TRUE(equal(load_all(Cache::disk)[0], first[0]));
  EXPECT_FALSE(equal(load_all(Cache::none)[0], first[0])) << "the forgery";
}

TEST_F(DiskCache, IsNotUsedForChangedFiles) {
  load_all(Cache::disk);
  const auto changed = fs::last_write_time(split_.samples[0].file);
  forge_first_picture();
  fs::last_write_time(split_.samples[0].file, changed + std::chrono::seconds(1));
  EXPECT_EQ(load_all(Cache::disk)[0].at<cv::Vec3b>(0, 0), cv::Vec3b::all(200));
}

TEST_F(DiskCache, IsNotUsedForAnotherSizeOrKindOfResizing) {
  const Pictures four(split_, small, 4, Cache::disk);
  four.load(0);
  const Pictures three(split_, small, 3, Cache::disk);
  EXPECT_EQ(three.load(0).cols, 3);
  const Preparation linear{4, "linear", {}, {1, 1, 1}};
  const Pictures other(split_, linear, 4, Cache::disk);
  EXPECT_TRUE(equal(other.load(0), linear.load(split_.samples[0].file, 4)));
}

TEST_F(DiskCache, IsNeverTrustedWhereAByteHasChanged) {
  const auto expected = load_all(Cache::disk);
  const fs::path file = cache_file();
  const std::string whole = bytes_of(file);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x41);
    std::ofstream(file, std::ios::binary) << damaged;
    EXPECT_TRUE(std::ranges::equal(load_all(Cache::disk), expected, equal)) << "byte " << i;
    EXPECT_EQ(bytes_of(cache_file()), whole) << "mended, byte " << i;
  }
}

TEST_F(DiskCache, IsNeverTrustedWhenItIsCutOffOrTooLong) {
  const auto expected = load_all(Cache::disk);
  const fs::path file = cache_file();
  const std::string whole = bytes_of(file);
  for (const std::size_t size : {std::size_t{0}, std::size_t{10}, std::size_t{64}, whole.size() - 1, whole.size() + 1}) {
    fs::resize_file(file, size);
    EXPECT_TRUE(std::ranges::equal(load_all(Cache::disk), expected, equal)) << size;
    EXPECT_EQ(bytes_of(cache_file()), whole) << size;
  }
  fs::remove(file);
  fs::create_directory(file);
  EXPECT_TRUE(std::ranges::equal(load_all(Cache::disk), expected, equal));
}

TEST_F(DiskCache, KeepsNoPictureThatWasHalfWritten) {
  const auto expected = load_all(Cache::disk);
  const std::string whole = bytes_of(cache_file());
  std::string half = whole;
  std::fill(half.end() - 40, half.end(), '\0');  // the last picture's end; its checksum is there
  std::ofstream(cache_file(), std::ios::binary) << half;
  EXPECT_TRUE(std::ranges::equal(load_all(Cache::disk), expected, equal));
}

TEST_F(DiskCache, IsSharedByProcessesAtOnce) {
  fill(60);
  const auto expected = load_all(Cache::none);
  std::vector<pid_t> children;
  for (int i = 0; i < 4; ++i) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) _exit(std::ranges::equal(load_all(Cache::disk), expected, equal) ? 0 : 1);
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = -1;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  const std::string whole = bytes_of(cache_file());
  EXPECT_TRUE(std::ranges::equal(load_all(Cache::disk), expected, equal));
  EXPECT_EQ(bytes_of(cache_file()), whole) << "nothing was left to be added";
}

TEST_F(DiskCache, SaysWhereItHasNoRoom) {
  folder_.write("cache", "a file");
  EXPECT_THAT(
      error_of([&] { load_all(Cache::disk); }),
      ::testing::MatchesRegex("the pictures cannot be kept in .*/cache/aviary/.*\\.pictures, which takes 0\\.0 GB: Not a "
                              "directory; make room, or set data.cache to \"memory\" or \"none\""));
  setenv("XDG_CACHE_HOME", "", 1);
  const std::string home = std::getenv("HOME") ? std::getenv("HOME") : "";
  unsetenv("HOME");
  EXPECT_EQ(error_of([&] { load_all(Cache::disk); }),
            "there is no place for data.cache = \"disk\": set XDG_CACHE_HOME to a folder, or choose \"memory\"");
  setenv("HOME", home.c_str(), 1);
}

TEST(ChosenCache, IsMemoryWherePicturesFitIntoHalfOfWhatIsFree) {
  recipe::Data data = settings("image_folder", "");
  Dataset dataset;
  dataset.train.samples.resize(1000);
  EXPECT_EQ(chosen_cache(data, dataset), Cache::memory);
  data.load_size = 1'000'000;  // 3 PB
  EXPECT_EQ(chosen_cache(data, dataset), Cache::none);
  data.cache = "disk";
  EXPECT_EQ(chosen_cache(data, dataset), Cache::disk);
  data.format = "idx";
  EXPECT_EQ(chosen_cache(data, dataset), Cache::none) << "in memory as they are";
}

TEST(ChosenCache, RefusesMemoryThatIsNotThere) {
  const Split split{"train", std::vector<Sample>(1 << 20)};
  EXPECT_EQ(error_of([&] { Pictures(split, small, 100'000, Cache::memory); }),
            "1048576 pictures take 31457280.0 GB of memory, which is not there; set data.cache to \"disk\" or \"none\"");
}

}  // namespace
}  // namespace aviary::data
