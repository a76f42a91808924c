#include "plugins/project.hpp"

#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include <aviary/error.hpp>

#include "framework/weights/scratch_folder.hpp"

namespace {

namespace fs = std::filesystem;

using aviary::Error;
using aviary::plugins::write_project;
using aviary::test::bytes_of;
using aviary::test::message_of;
using aviary::test::ScratchFolder;

// Works in a folder of its own: projects are written to the current one.
struct ProjectTest : testing::Test {
  ProjectTest() : before(fs::current_path()) { fs::current_path(folder.path()); }
  ~ProjectTest() override { fs::current_path(before); }
  ScratchFolder folder;
  fs::path before;
};

TEST_F(ProjectTest, IsWrittenForEveryKindWithItsNameFilledIn) {
  for (const std::string kind : {"model", "optimizer", "scheduler", "augmentation", "sink"}) {
    const fs::path project = write_project({kind, "my_" + kind});
    EXPECT_EQ(project, "my_" + kind);
    ASSERT_TRUE(fs::exists(project / ("my_" + kind + ".cpp")));
    ASSERT_TRUE(fs::exists(project / "CMakeLists.txt"));
    for (const auto& entry : fs::directory_iterator(project)) {
      const std::string text = bytes_of(entry.path());
      for (const char* const mark : {"@name@", "@Name@", "@kind@"})
        EXPECT_EQ(text.find(mark), std::string::npos) << entry.path();
    }
  }
}

TEST_F(ProjectTest, RefusesNamesThatAreNoIdentifiers) {
  for (const std::string name : {"", "MyModel", "2fast", "a-b", "../x", "_x"})
    EXPECT_EQ(message_of<Error>([&] {
                write_project({"model", name});
              }),
              "the name is " + name + "; expected snake_case: a small letter, then small letters, digits and _");
  EXPECT_TRUE(folder.names().empty());
}

TEST_F(ProjectTest, RefusesAFolderThatIsThere) {
  fs::create_directory("mine");
  EXPECT_EQ(message_of<Error>([] {
              write_project({"model", "mine"});
            }),
            "mine exists already; choose another name, or move it away");
}

}  // namespace
