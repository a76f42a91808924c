#include "results/run_folder.hpp"

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <iterator>
#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <aviary/error.hpp>

#include "framework/weights/scratch_folder.hpp"

namespace {

namespace fs = std::filesystem;

using aviary::Error;
using aviary::Fault;
using aviary::results::RunFolder;
using aviary::results::weights_file;
using aviary::test::message_of;
using aviary::test::put_bytes;
using aviary::test::ScratchFolder;
using testing::ElementsAre;
using testing::HasSubstr;

/// What `work` throws says, provided that it blames the command line.
template <typename Work>
std::string usage_message(const Work& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.fault() == Fault::usage ? error.what() : std::string("not a usage error: ") + error.what();
  }
  return "";
}

RunFolder some_run(const ScratchFolder& folder) {
  RunFolder run = RunFolder::create(folder / "run");
  put_bytes(run.recipe_file(), "");
  return run;
}

TEST(RunFolder, IsCreatedWithAPlaceForCheckpoints) {
  const ScratchFolder folder;
  const RunFolder run = RunFolder::create(folder / "a/b");
  EXPECT_TRUE(fs::is_directory(folder / "a/b/checkpoints"));
  EXPECT_EQ(run.recipe_file(), folder / "a/b/recipe.toml");
  EXPECT_EQ(run.environment_file(), folder / "a/b/environment.json");
  EXPECT_EQ(run.events_file(), folder / "a/b/events.jsonl");
  EXPECT_EQ(run.metrics_file(), folder / "a/b/metrics.csv");
}

TEST(RunFolder, HasOneWriterAtATime) {
  const ScratchFolder folder;
  const RunFolder run = RunFolder::create(folder / "run");
  {
    const auto lock = run.lock();
    EXPECT_EQ(message_of<Error>([&] { run.lock(); }),
              "another aviary is training in " + run.path().string() + "; wait until it ends, or stop it");
  }
  EXPECT_EQ(message_of<Error>([&] { run.lock(); }), "");
}

TEST(RunFolder, TakesAnEmptyFolder) {
  const ScratchFolder folder;
  EXPECT_EQ(RunFolder::create(folder.path()).path(), folder.path());
}

TEST(RunFolder, TakesAFolderWhoseTrainingWasKilledBeforeItHadARecipe) {
  const ScratchFolder folder;
  std::filesystem::create_directory(folder / "checkpoints");
  for (const char* name : {".lock", ".environment.json.17", "environment.json"}) put_bytes(folder / name, "");
  EXPECT_EQ(RunFolder::create(folder.path()).path(), folder.path());
  std::filesystem::create_directory(folder / "checkpoints/epoch-0001");
  EXPECT_THAT(usage_message([&] { RunFolder::create(folder.path()); }), HasSubstr("is not empty"));
}

TEST(RunFolder, RefusesAFolderWithSomethingInIt) {
  const ScratchFolder folder;
  put_bytes(folder / "notes.txt", "");
  const std::string path = folder.path().string();
  EXPECT_EQ(
      usage_message([&] { RunFolder::create(path); }),
      path + " exists and is not empty; choose another folder, or go on with the run that is there: aviary resume " + path);
  EXPECT_THAT(folder.names(), ElementsAre("notes.txt"));
}

TEST(RunFolder, CannotBeCreatedBelowAFile) {
  const ScratchFolder folder;
  put_bytes(folder / "file", "");
  EXPECT_EQ(message_of<Error>([&] { RunFolder::create(folder / "file/run"); }),
            "cannot create " + (folder / "file/run").string() + ": Not a directory");
}

TEST(RunFolder, IsNamedByRecipeAndLocalTimeAndCountedWhenTaken) {
  const ScratchFolder folder;
  const char* zone = std::getenv("TZ");
  const std::string before = zone != nullptr ? zone : "";
  ::setenv("TZ", "UTC-2", 1);
  ::tzset();
  const std::chrono::system_clock::time_point now{std::chrono::seconds(1'795'560'841)};
  const auto create = [&] { return RunFolder::create_by_time("rexnet/attempt-3", folder.path(), now).path(); };
  const fs::path recipe = folder / "rexnet/attempt-3";
  EXPECT_EQ(create(), recipe / "2026-11-25_00-54-01");
  EXPECT_EQ(create(), recipe / "2026-11-25_00-54-01-2");
  EXPECT_EQ(create(), recipe / "2026-11-25_00-54-01-3");
  zone != nullptr ? ::setenv("TZ", before.c_str(), 1) : ::unsetenv("TZ");
  ::tzset();
}

TEST(RunFolder, OpensARun) {
  const ScratchFolder folder;
  some_run(folder);
  const RunFolder run = RunFolder::open(folder / "run");
  EXPECT_EQ(run.path(), folder / "run");
  EXPECT_EQ(run.named(), std::nullopt);
}

TEST(RunFolder, OpensTheRunOfACheckpoint) {
  const ScratchFolder folder;
  const RunFolder created = some_run(folder);
  fs::create_directory(created.checkpoints() / "epoch-0012");
  created.link("best", "epoch-0012");
  for (const std::string given : {"run/checkpoints/best", "run/checkpoints/best/", "run/./checkpoints/../checkpoints/best"}) {
    const RunFolder run = RunFolder::open(folder / given);
    EXPECT_EQ(run.path(), folder / "run") << given;
    EXPECT_EQ(run.named(), "best") << given;
  }
}

TEST(RunFolder, OpensTheRunOfACheckpointFromWithin) {
  const ScratchFolder folder;
  const RunFolder created = some_run(folder);
  fs::create_directory(created.checkpoints() / "epoch-0012");
  const fs::path before = fs::current_path();
  fs::current_path(created.checkpoints());
  const RunFolder run = RunFolder::open("epoch-0012");
  fs::current_path(before);
  EXPECT_EQ(run.path(), "..");
  EXPECT_EQ(run.named(), "epoch-0012");
}

TEST(RunFolder, OpensACheckpointByItsShortName) {
  const ScratchFolder folder;
  const RunFolder created = some_run(folder);
  fs::create_directory(created.checkpoints() / "epoch-0012");
  created.link("best", "epoch-0012");
  for (const std::string given : {"run/best", "run/epoch-0012", "run/epoch-12", "run/checkpoints/epoch-12"})
    EXPECT_EQ(RunFolder::open(folder / given).checkpoint(), created.checkpoints() / "epoch-0012") << given;
  EXPECT_EQ(usage_message([&] { RunFolder::open(folder / "run/epoch-7"); }),
            created.path().string() + " has no checkpoint epoch-7; there are: best, epoch-0012");
}

TEST(RunFolder, FindsTheWeightsOfAFileARunAndACheckpoint) {
  const ScratchFolder folder;
  const RunFolder run = some_run(folder);
  for (const std::string name : {"epoch-0001", "epoch-0002"}) fs::create_directory(run.checkpoints() / name);
  run.link("best", "epoch-0001");
  put_bytes(folder / "resnet18.pt", "");
  EXPECT_EQ(weights_file(folder / "resnet18.pt"), folder / "resnet18.pt");
  EXPECT_EQ(weights_file(folder / "run"), run.checkpoints() / "epoch-0001/model.safetensors");
  EXPECT_EQ(weights_file(folder / "run/epoch-2"), run.checkpoints() / "epoch-0002/model.safetensors");
  EXPECT_EQ(usage_message([&] { weights_file(folder / "resnet19.pt"); }),
            (folder / "resnet19.pt").string() + " does not exist; correct it, or bring the weights there");
}

TEST(RunFolder, RefusesToOpenWhatIsNotThere) {
  const ScratchFolder folder;
  const std::string path = (folder / "none").string();
  EXPECT_EQ(usage_message([&] { RunFolder::open(path); }),
            path + " does not exist; expected the folder of a run, such as runs/RECIPE/TIME");
}

TEST(RunFolder, RefusesToOpenAnotherFolder) {
  const ScratchFolder folder;
  fs::create_directories(folder / "x/checkpoints/best");
  for (const std::string given : {"", "x/checkpoints", "x/checkpoints/best"}) {
    const std::string path = (folder / given).string();
    EXPECT_EQ(usage_message([&] { RunFolder::open(path); }),
              path + " is not the folder of a run: it has no recipe.toml; expected one such as runs/RECIPE/TIME");
  }
  const std::string run = (folder / "x").string();
  EXPECT_EQ(usage_message([&] { RunFolder::open(run); }),
            run + " has lost its recipe.toml; bring it back, or take its weights as they are: " + run +
                "/checkpoints/last/model.safetensors");
}

TEST(RunFolder, FindsCheckpointsByNameAndLink) {
  const ScratchFolder folder;
  const RunFolder run = some_run(folder);
  fs::create_directory(run.checkpoints() / "epoch-0012");
  run.link("last", "epoch-0012");
  EXPECT_EQ(run.checkpoint("epoch-0012"), run.checkpoints() / "epoch-0012");
  EXPECT_EQ(run.checkpoint("last"), run.checkpoints() / "epoch-0012");
}

TEST(RunFolder, ListsTheCheckpointsThatAreThere) {
  const ScratchFolder folder;
  const RunFolder run = some_run(folder);
  const std::string path = run.path().string();
  EXPECT_EQ(usage_message([&] { run.checkpoint("best"); }), path + " has no checkpoint best; it has none yet");
  for (const std::string name : {"epoch-0012", "epoch-0002", ".epoch-0013"}) fs::create_directory(run.checkpoints() / name);
  run.link("last", "epoch-0012");
  run.link("best", "epoch-0001");
  for (const std::string which : {"best", "", ".", "..", ".epoch-0013", "../checkpoints", "epoch-0012/"}) {
    EXPECT_EQ(usage_message([&] { run.checkpoint(which); }),
              path + " has no checkpoint " + which + "; there are: epoch-0002, epoch-0012, last");
  }
}

TEST(RunFolder, LinksAreRelativeAndReplaced) {
  const ScratchFolder folder;
  const RunFolder run = some_run(folder);
  run.link("last", "epoch-0001");
  run.link("last", "epoch-0002");
  EXPECT_EQ(fs::read_symlink(run.checkpoints() / "last"), "epoch-0002");
  EXPECT_EQ(std::distance(fs::directory_iterator(run.checkpoints()), {}), 1);
}

TEST(RunFolder, LinksDespiteWhatAKilledProcessLeft) {
  const ScratchFolder folder;
  const RunFolder run = some_run(folder);
  fs::create_directory_symlink("epoch-0001", run.checkpoints() / (".last." + std::to_string(::getpid())));
  run.link("last", "epoch-0002");
  EXPECT_EQ(fs::read_symlink(run.checkpoints() / "last"), "epoch-0002");
  EXPECT_EQ(std::distance(fs::directory_iterator(run.checkpoints()), {}), 1);
}

TEST(RunFolder, LinkDoesNotReplaceAFolder) {
  const ScratchFolder folder;
  const RunFolder run = some_run(folder);
  fs::create_directory(run.checkpoints() / "last");
  EXPECT_EQ(message_of<Error>([&] { run.link("last", "epoch-0001"); }),
            "cannot point " + (run.checkpoints() / "last").string() + " at epoch-0001: Is a directory");
  EXPECT_EQ(std::distance(fs::directory_iterator(run.checkpoints()), {}), 1);
}

}  // namespace
