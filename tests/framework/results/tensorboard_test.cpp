// What is in the files, tests/end_to_end/tensorboard.sh reads with a program of its own.
#include "results/tensorboard.hpp"

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <aviary/error.hpp>

#include "framework/weights/full_disk.hpp"
#include "framework/weights/scratch_folder.hpp"

namespace {

using namespace aviary::results;
using aviary::test::bytes_of;
using aviary::test::ScratchFolder;

// Lengths of a file's whole records; that of the rest, if any, comes last.
std::vector<std::uint64_t> record_lengths(const std::string& bytes) {
  std::vector<std::uint64_t> lengths;
  for (std::size_t at = 0; at < bytes.size();) {
    std::uint64_t length = 0;
    std::memcpy(&length, bytes.data() + at, sizeof length);
    lengths.push_back(std::min<std::uint64_t>(length + 16, bytes.size() - at));
    at += lengths.back();
  }
  return lengths;
}

TEST(TensorBoard, EveryProcessWritesAFileOfItsOwnThatSortsBehindTheOthers) {
  const ScratchFolder folder;
  const RunFolder run = RunFolder::create(folder / "run");
  for (int process = 0; process < 11; ++process) TensorBoard(run, {}).started({"tiny", process, 20, 0, 0, 0, 0, 0, 0});
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(run.tensorboard())) names.push_back(entry.path().filename());
  std::ranges::sort(names);
  ASSERT_EQ(names.size(), 11);
  EXPECT_EQ(names.front(), "events.out.tfevents.000001");
  EXPECT_EQ(names.back(), "events.out.tfevents.000011");
  const std::string first = bytes_of(run.tensorboard() / names.front());
  EXPECT_EQ(record_lengths(first).size(), 3);  // version, start, recipe
}

TEST(TensorBoard, TakesBackHalfARecordWhenTheDiskIsFull) {
  const ScratchFolder folder;
  const RunFolder run = RunFolder::create(folder / "run");
  TensorBoard board(run, {});
  board.started({});
  const auto file = run.tensorboard() / "events.out.tfevents.000001";
  const std::string before = bytes_of(file);
  std::string message;
  {
    const aviary::test::FullDisk disk(before.size() + 20);
    message = aviary::test::message_of<aviary::Error>([&] { board.epoch_done({}); });
  }
  EXPECT_EQ(message, "cannot write " + file.string() +
                         ": No space left on device; once that is mended, the run goes on from its last checkpoint with: "
                         "aviary resume " +
                         run.path().string());
  EXPECT_EQ(bytes_of(file), before);
  board.epoch_done({});
  EXPECT_EQ(record_lengths(bytes_of(file)).size(), 4);
}

TEST(TensorBoard, SaysWhatKeepsItsFolderFromBeingMade) {
  const ScratchFolder folder;
  const RunFolder run = RunFolder::create(folder / "run");
  aviary::test::put_bytes(run.tensorboard(), "a file");
  EXPECT_EQ(aviary::test::message_of<aviary::Error>([&] { TensorBoard(run, {}); }),
            "cannot write " + (run.tensorboard() / "events.out.tfevents.000001").string() +
                ": Not a directory; once that is mended, the run goes on from its last checkpoint with: aviary resume " +
                run.path().string());
}

}  // namespace
