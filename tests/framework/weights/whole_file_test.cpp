#include "weights/whole_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <aviary/error.hpp>

#include "framework/weights/full_disk.hpp"
#include "framework/weights/scratch_folder.hpp"

namespace {

using aviary::Error;
using aviary::test::bytes_of;
using aviary::test::FullDisk;
using aviary::test::message_of;
using aviary::test::put_bytes;
using aviary::test::ScratchFolder;
using aviary::weights::write_whole_file;
using testing::ElementsAre;

TEST(WholeFile, HoldsAllChunksInOrder) {
  const ScratchFolder folder;
  write_whole_file(folder / "file", std::array<std::string_view, 3>{"one ", "", "two"});
  EXPECT_EQ(bytes_of(folder / "file"), "one two");
  EXPECT_THAT(folder.names(), ElementsAre("file"));
}

TEST(WholeFile, ReplacesTheOldOne) {
  const ScratchFolder folder;
  put_bytes(folder / "file", "something longer than the new one");
  write_whole_file(folder / "file", std::array<std::string_view, 1>{"new"});
  EXPECT_EQ(bytes_of(folder / "file"), "new");
}

TEST(WholeFile, CanBeReadByWhomTheUmaskAllows) {
  const ScratchFolder folder;
  const mode_t before = ::umask(027);
  write_whole_file(folder / "file", std::array<std::string_view, 1>{"new"});
  ::umask(before);
  EXPECT_EQ(std::filesystem::status(folder / "file").permissions(), std::filesystem::perms(0640));
}

TEST(WholeFile, FullDiskLeavesTheOldFileAndNoTemporaryOne) {
  const ScratchFolder folder;
  put_bytes(folder / "file", "old");
  const std::string large(100'000, 'x');
  std::string message;
  {
    const FullDisk disk(10'000);
    message = message_of<Error>([&] { write_whole_file(folder / "file", std::array<std::string_view, 1>{large}); });
  }
  EXPECT_EQ(message, "cannot write " + (folder / "file").string() + ": File too large");
  EXPECT_EQ(bytes_of(folder / "file"), "old");
  EXPECT_THAT(folder.names(), ElementsAre("file"));
}

TEST(WholeFile, MissingFolderIsNamed) {
  const ScratchFolder folder;
  const auto path = folder / "none/file";
  EXPECT_EQ(message_of<Error>([&] { write_whole_file(path, {}); }),
            "cannot write " + path.string() + ": No such file or directory; make its folder first");
}

TEST(WholeFile, FolderInItsPlaceIsKept) {
  const ScratchFolder folder;
  std::filesystem::create_directory(folder / "taken");
  EXPECT_EQ(message_of<Error>([&] { write_whole_file(folder / "taken", {}); }),
            "cannot write " + (folder / "taken").string() + ": Is a directory; name a file");
  EXPECT_THAT(folder.names(), ElementsAre("taken"));
}

TEST(WholeFile, StepsAroundTemporaryFilesOfAKilledProcess) {
  const ScratchFolder folder;
  const std::string left = ".file." + std::to_string(::getpid()) + "-0";
  put_bytes(folder / left, "half");
  write_whole_file(folder / "file", std::array<std::string_view, 1>{"new"});
  EXPECT_EQ(bytes_of(folder / "file"), "new");
  EXPECT_EQ(bytes_of(folder / left), "half");
}

}  // namespace
