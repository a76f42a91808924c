#include "plugins/catalogue.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <aviary/error.hpp>

#include "framework/plugins/forged_library.hpp"
#include "plugins/installation.hpp"

namespace {

namespace fs = std::filesystem;

using aviary::Error;
using aviary::Kind;
using aviary::plugins::Catalogue;
using aviary::plugins::search_path;
using aviary::test::installed_folder;
using aviary::test::message_of;
using aviary::test::odd_folder;
using aviary::test::put_bytes;
using aviary::test::ScratchFolder;
using testing::ElementsAre;
using testing::IsSupersetOf;

TEST(Catalogue, ListsComponentsByKindAndName) {
  const Catalogue catalogue({installed_folder});
  const std::vector<std::string> schedulers = catalogue.names(Kind::scheduler);
  EXPECT_TRUE(std::ranges::is_sorted(schedulers));
  EXPECT_THAT(schedulers, IsSupersetOf({"constant", "step"}));
  EXPECT_THAT(catalogue.names(Kind::augmentation), IsSupersetOf({"horizontal_flip", "random_crop"}));
  EXPECT_EQ(catalogue.find(Kind::optimizer, "sgd")->file, installed_folder / "sgd.so");
  EXPECT_EQ(catalogue.find(Kind::model, "sgd"), nullptr);
  EXPECT_TRUE(catalogue.refused().empty());
}

TEST(Catalogue, RefusesBadFilesAndKeepsTheGoodOnes) {
  const ScratchFolder folder;
  put_bytes(folder / "a.so", "text");
  put_bytes(folder / "notes.txt", "no library, and not looked at");
  fs::copy_file(installed_folder / "step.so", folder / "b.so");
  fs::create_directory(folder / "c.so");
  const Catalogue catalogue({folder.path(), folder / "none"});
  EXPECT_THAT(catalogue.names(Kind::scheduler), ElementsAre("step"));
  ASSERT_EQ(catalogue.refused().size(), 3);
  EXPECT_EQ(catalogue.refused()[0].file, folder / "a.so");
  EXPECT_EQ(catalogue.refused()[0].reason, "is not an ELF library");
  EXPECT_EQ(catalogue.refused()[1].reason, "is not a regular file");
  EXPECT_EQ(catalogue.refused()[2].reason, "does not exist");
}

TEST(Catalogue, FirstOfTwoWithOneNameStaysAndBothFilesAreNamed) {
  const Catalogue catalogue({installed_folder, odd_folder / "second_constant.so"});
  EXPECT_EQ(catalogue.find(Kind::scheduler, "constant")->file, installed_folder / "constant.so");
  ASSERT_EQ(catalogue.refused().size(), 1);
  EXPECT_EQ(catalogue.refused()[0].file, odd_folder / "second_constant.so");
  EXPECT_EQ(catalogue.refused()[0].reason, "offers scheduler constant, which " + (installed_folder / "constant.so").string() +
                                               " offers already; rename one or remove one of the two files");
  const Catalogue other_way({odd_folder / "second_constant.so", installed_folder});
  EXPECT_EQ(other_way.find(Kind::scheduler, "constant")->file, odd_folder / "second_constant.so");
}

TEST(Catalogue, RefusesALibraryWithTwoComponentsOfOneName) {
  const Catalogue catalogue({odd_folder / "twice.so"});
  ASSERT_EQ(catalogue.refused().size(), 1);
  EXPECT_EQ(catalogue.refused()[0].reason, "offers scheduler twice twice; rename one of the two");
  EXPECT_TRUE(catalogue.available().empty());
}

TEST(Catalogue, RefusesWhatThrowsWhileItDescribesItself) {
  Catalogue catalogue({odd_folder / "throws_described.so"});
  const std::string file = (odd_folder / "throws_described.so").string();
  const std::string sentence = "scheduler throws_described (" + file + ") failed; the C++ library says: no words";
  EXPECT_EQ(message_of<Error>([&] { catalogue.settings(catalogue.available().front()); }), sentence);
  ASSERT_EQ(catalogue.refused().size(), 1);
  EXPECT_EQ(catalogue.refused()[0].reason, "failed to describe itself: " + sentence);
}

TEST(Catalogue, RefusesWhatLacksASymbolWhenItIsLoaded) {
  Catalogue catalogue({odd_folder / "undefined_symbol.so"});
  ASSERT_EQ(catalogue.available().size(), 1);
  const std::string message = message_of<Error>([&] { catalogue.component(catalogue.available().front()); });
  const std::string file = (odd_folder / "undefined_symbol.so").string();
  EXPECT_EQ(message.substr(0, file.size() + 19), file + " cannot be loaded: ");
  EXPECT_THAT(message, testing::HasSubstr("undefined symbol: _Z19nowhere_to_be_foundd"));
  EXPECT_EQ(catalogue.refused().size(), 1);
}

TEST(SearchPath, GoesFromInstalledToVariableToCommandLine) {
  ::setenv("AVIARY_PLUGIN_PATH", "/first::/second", 1);
  const auto path = search_path({odd_folder.string()});
  ::unsetenv("AVIARY_PLUGIN_PATH");
  EXPECT_THAT(path, ElementsAre(aviary::plugins::installed_plugins(), "/first", "/second", odd_folder));
  EXPECT_EQ(aviary::plugins::installed_plugins(), installed_folder);
}

TEST(SearchPath, RefusesAPathThatIsNotThere) {
  EXPECT_EQ(message_of<Error>([] { search_path({"/nowhere"}); }), "--plugin-path /nowhere: no such folder or file");
}

}  // namespace
