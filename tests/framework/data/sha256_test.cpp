#include "data/sha256.hpp"

#include <string>

#include <gtest/gtest.h>

#include <aviary/error.hpp>

#include "framework/weights/scratch_folder.hpp"

namespace {

namespace fs = std::filesystem;

using aviary::data::sha256_of;
using aviary::test::message_of;
using aviary::test::put_bytes;
using aviary::test::ScratchFolder;

constexpr const char* sha256_of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST(Sha256, IsThatOfTheFile) {
  const ScratchFolder folder;
  put_bytes(folder / "abc", "abc");
  put_bytes(folder / "million", std::string(1'000'000, 'a'));
  EXPECT_EQ(sha256_of(folder / "abc"), sha256_of_abc);
  EXPECT_EQ(sha256_of(folder / "million"), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, RefusesWhatCannotBeRead) {
  const ScratchFolder folder;
  for (const fs::path& path : {folder / "none", folder.path()}) {
    EXPECT_EQ(message_of<aviary::Error>([&] { sha256_of(path); }), "cannot read " + path.string());
  }
}

}  // namespace
