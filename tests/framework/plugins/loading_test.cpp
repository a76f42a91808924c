// What only a process of its own can show: static initialisers, and which libraries are loaded.
#include "plugins/loading.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "framework/plugins/forged_library.hpp"

namespace {

namespace fs = std::filesystem;

using aviary::test::odd_folder;
using aviary::test::program;
using aviary::test::run;
using aviary::test::ScratchFolder;
using testing::HasSubstr;
using testing::Not;

TEST(Loading, StaticInitialiserThatThrowsEndsTheProgramWithASentence) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "the thread sanitizer ends every program with an error that ends within dlopen()";
#endif
  const std::string file = (odd_folder / "throws_loaded.so").string();
  const auto ran = run(program + " plugins describe throws_loaded --plugin-path " + file);
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_EQ(ran.output, "aviary: " + file +
                            " threw an exception while it was being loaded (a static initialiser): no licence found; remove "
                            "or mend this plugin\n");
}

TEST(Loading, ListingRunsNoForeignCode) {
  const ScratchFolder folder;
  const std::string mark = (folder / "mark").string();
  const std::string options = " --plugin-path " + (odd_folder / "throws_loaded.so").string();
  const auto listed = run("AVIARY_TEST_MARK=" + mark + " " + program + " plugins list" + options);
  EXPECT_EQ(listed.exit_code, 0);
  EXPECT_THAT(listed.output, HasSubstr("throws_loaded"));
  EXPECT_FALSE(fs::exists(mark));
  run("AVIARY_TEST_MARK=" + mark + " " + program + " plugins describe throws_loaded" + options);
  EXPECT_TRUE(fs::exists(mark)) << "the plugin leaves no mark, so the test above shows nothing";
}

TEST(Loading, OnlyWhatIsNeededIsLoaded) {
  const auto ran = run("LD_DEBUG=files " + program + " plugins describe step");
  EXPECT_EQ(ran.exit_code, 0);
  EXPECT_THAT(ran.output, HasSubstr("/step.so"));
  for (const std::string other : {"/sgd.so", "/constant.so", "/wide_resnet.so", "/crop.so"})
    EXPECT_THAT(ran.output, Not(HasSubstr(other)));
}

TEST(Loading, MissingSymbolRefusesThePluginInTheList) {
  const std::string file = (odd_folder / "undefined_symbol.so").string();
  const auto ran = run(program + " plugins list --load --plugin-path " + file);
  EXPECT_EQ(ran.exit_code, 0);
  EXPECT_THAT(ran.output, HasSubstr("\nrefused:\n  " + file + " cannot be loaded: "));
}

}  // namespace
