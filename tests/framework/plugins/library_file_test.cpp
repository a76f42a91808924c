#include "plugins/library_file.hpp"

#include <unistd.h>

#include <string>

#include <gtest/gtest.h>

#include <aviary/error.hpp>
#include <aviary/stamp.hpp>

#include "framework/plugins/forged_library.hpp"

namespace {

namespace fs = std::filesystem;

using aviary::Error;
using aviary::Kind;
using aviary::plugins::mismatch;
using aviary::plugins::parse_stamp;
using aviary::plugins::read_library_file;
using aviary::test::bytes_of;
using aviary::test::forge;
using aviary::test::installed_folder;
using aviary::test::message_of;
using aviary::test::odd_folder;
using aviary::test::put_bytes;
using aviary::test::ScratchFolder;

struct LibraryFileTest : testing::Test {
  std::string refusal(const fs::path& file) const {
    return message_of<Error>([&] { read_library_file(file); });
  }
  std::string refusal_of(std::string_view bytes) const {
    put_bytes(folder / "x.so", bytes);
    return refusal(folder / "x.so");
  }
  ScratchFolder folder;
  const fs::path step = installed_folder / "step.so";
};

TEST_F(LibraryFileTest, SaysWhatItOffersAndWasBuiltFor) {
  const auto library = read_library_file(step);
  ASSERT_EQ(library.offers.size(), 1);
  EXPECT_EQ(library.offers[0].kind, Kind::scheduler);
  EXPECT_EQ(library.offers[0].name, "step");
  EXPECT_EQ(library.offers[0].summary, "Drop the learning rate at fixed fractions of the training");
  EXPECT_EQ(library.built_for, parse_stamp(AVIARY_STAMP));
  EXPECT_EQ(mismatch(step, library.built_for), "");
}

TEST_F(LibraryFileTest, RefusesWhatIsNoElf) {
  EXPECT_EQ(refusal_of("just some text, longer than an ELF header, so that the magic decides: not a library"),
            "is not an ELF library");
  EXPECT_EQ(refusal_of(""), "is not an ELF library");
  EXPECT_EQ(refusal_of(std::string("\x7f") + "ELF"), "is not an ELF library");
}

TEST_F(LibraryFileTest, RefusesWhatIsNoFile) {
  fs::create_directory(folder / "folder.so");
  EXPECT_EQ(refusal(folder / "folder.so"), "is not a regular file");
  fs::create_symlink("nothing", folder / "link.so");
  EXPECT_EQ(refusal(folder / "link.so"), "is not a regular file");
}

TEST_F(LibraryFileTest, RefusesAProgramOf32Bits) {
  std::string bytes = bytes_of(step);
  bytes[4] = 1;
  EXPECT_EQ(refusal_of(bytes), "is not a 64-bit shared library");
}

TEST_F(LibraryFileTest, RefusesFilesCutAnywhere) {
  const std::string bytes = bytes_of(step);
  EXPECT_EQ(refusal_of(bytes.substr(0, bytes.size() / 2)), "is cut off or damaged: its section table lies outside the file");
  EXPECT_EQ(refusal_of(bytes.substr(0, bytes.size() - 1)), "is cut off or damaged: its section table lies outside the file");
  for (const std::size_t size : {std::size_t{63}, std::size_t{64}, std::size_t{4096}})
    EXPECT_NE(refusal_of(bytes.substr(0, size)), "") << size;
}

TEST_F(LibraryFileTest, RefusesALibraryWithoutStamp) {
  EXPECT_EQ(refusal(AVIARY_PREFIX "/lib/libaviary.so"), "is not an aviary plugin: it carries no aviary stamp");
}

TEST_F(LibraryFileTest, RefusesAnotherMagic) {
  forge(step, folder / "x.so", "aviary-plugin\n", "aviary-plugim\n");
  EXPECT_EQ(refusal(folder / "x.so"), "is not an aviary plugin: it carries no aviary stamp");
}

TEST_F(LibraryFileTest, RefusesALibraryThatDoesNotExportItsDescription) {
  std::string bytes = bytes_of(step);
  for (std::size_t at = bytes.find("aviary_library"); at != std::string::npos; at = bytes.find("aviary_library"))
    bytes[at] = 'b';
  EXPECT_EQ(refusal_of(bytes), "does not export aviary_library; build it with aviary_add_plugin");
}

TEST_F(LibraryFileTest, RefusesAnUnknownKindAndAnEmptyLibrary) {
  forge(step, folder / "x.so", "aviary-component\nscheduler", "aviary-component\nschedulex");
  EXPECT_EQ(refusal(folder / "x.so"), "has a component stamp that this aviary cannot read; rebuild it with this aviary's SDK");
  forge(step, folder / "x.so", "aviary-component\n", "aviary-compoment\n");
  EXPECT_EQ(refusal(folder / "x.so"), "offers nothing: no AVIARY_MODEL, AVIARY_OPTIMIZER, ... in its sources");
}

TEST_F(LibraryFileTest, RefusesAFileThatMayNotBeRead) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read every file";
  fs::copy_file(step, folder / "x.so");
  fs::permissions(folder / "x.so", fs::perms::none);
  EXPECT_EQ(refusal(folder / "x.so"), "cannot be read");
}

// What `key` was changed to, and what the program has, as the sentence tells it.
struct Stale {
  const char* key;
  const char* title;
};

struct StaleStamp : LibraryFileTest, testing::WithParamInterface<Stale> {};

TEST_P(StaleStamp, IsToldWithBothValuesAndTheRemedy) {
  const auto [key, title] = GetParam();
  const std::string ours = parse_stamp(AVIARY_STAMP).at(key);
  std::string theirs = ours;
  theirs.back() = theirs.back() == '9' ? '8' : '9';
  forge(step, folder / "step.so", std::string(key) + "=" + ours, std::string(key) + "=" + theirs);
  const auto library = read_library_file(folder / "step.so");
  EXPECT_EQ(mismatch(folder / "step.so", library.built_for), std::string("was built for ") + title + " " + theirs +
                                                                 ", this aviary has " + ours +
                                                                 "; rebuild it with cmake --build BUILD_FOLDER -t step");
}

INSTANTIATE_TEST_SUITE_P(All, StaleStamp,
                         testing::Values(Stale{"sdk", "SDK version"}, Stale{"libtorch", "LibTorch"}, Stale{"opencv", "OpenCV"},
                                         Stale{"cxx11_abi", "_GLIBCXX_USE_CXX11_ABI"}, Stale{"sanitizer", "sanitizer"}));

TEST_F(LibraryFileTest, TellsAllMismatchesAtOnce) {
  auto built_for = parse_stamp(AVIARY_STAMP);
  const auto ours = built_for;
  built_for["sdk"] = "0";
  built_for.erase("opencv");
  built_for["compiler"] = "another";  // shown, but not compared
  EXPECT_EQ(mismatch("a/x.so", built_for), "was built for SDK version 0, OpenCV (unknown), this aviary has " + ours.at("sdk") +
                                               ", " + ours.at("opencv") + "; rebuild it with cmake --build BUILD_FOLDER -t x");
}

TEST(Plugins, EachExportsOneSymbol) {
  int checked = 0;
  for (const fs::path& folder : {installed_folder, odd_folder}) {
    for (const auto& entry : fs::directory_iterator(folder)) {
      const auto nm = aviary::test::run("nm -D --defined-only '" + entry.path().string() + "' | awk '{print $3}'");
      EXPECT_EQ(nm.output, "aviary_library\n") << entry.path();
      ++checked;
    }
  }
  EXPECT_GE(checked, 12);
}

}  // namespace
