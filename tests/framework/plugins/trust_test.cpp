#include "plugins/trust.hpp"

#include <unistd.h>

#include <string>

#include <gtest/gtest.h>

#include "framework/weights/scratch_folder.hpp"
#include "plugins/catalogue.hpp"

namespace {

namespace fs = std::filesystem;

using aviary::plugins::distrust;
using aviary::test::put_bytes;
using aviary::test::ScratchFolder;

const std::string everyone = "is writable by everyone, so anybody could have changed it; if you trust it: chmod o-w '";

TEST(Trust, IsGivenToOnesOwnFilesAndToThoseTheGroupMayWrite) {
  const ScratchFolder folder;
  put_bytes(folder / "x.so", "");
  EXPECT_EQ(distrust(folder / "x.so"), "");
  EXPECT_EQ(distrust(folder.path()), "");
  fs::permissions(folder / "x.so", fs::perms::group_write, fs::perm_options::add);
  EXPECT_EQ(distrust(folder / "x.so"), "");
}

TEST(Trust, IsRefusedToWhatEveryoneMayWrite) {
  const ScratchFolder folder;
  put_bytes(folder / "x.so", "");
  fs::permissions(folder / "x.so", fs::perms::others_write, fs::perm_options::add);
  EXPECT_EQ(distrust(folder / "x.so"), everyone + (folder / "x.so").string() + "'");
  fs::create_symlink("x.so", folder / "link.so");
  EXPECT_EQ(distrust(folder / "link.so"), everyone + (folder / "link.so").string() + "'");
}

TEST(Trust, IsRefusedToAFolderThatEveryoneMayWriteWhichIsThenNotSearched) {
  const ScratchFolder folder;
  put_bytes(folder / "x.so", "text");
  fs::permissions(folder.path(), fs::perms::others_write, fs::perm_options::add);
  const aviary::plugins::Catalogue catalogue({folder.path()});
  ASSERT_EQ(catalogue.refused().size(), 1);
  EXPECT_EQ(catalogue.refused()[0].file, folder.path());
  EXPECT_EQ(catalogue.refused()[0].reason, everyone + folder.path().string() + "'");
}

TEST(Trust, IsRefusedToFilesOfAnotherUser) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file to another user";
  const ScratchFolder folder;
  put_bytes(folder / "x.so", "");
  ASSERT_EQ(::chown((folder / "x.so").c_str(), 4321, 4321), 0);
  EXPECT_EQ(distrust(folder / "x.so"),
            "belongs to another user (uid 4321); if you trust it: chown 0 '" + (folder / "x.so").string() + "'");
}

TEST(Trust, IsRefusedToWhatIsNotThere) { EXPECT_EQ(distrust("/nowhere/x.so"), "cannot be read"); }

}  // namespace
