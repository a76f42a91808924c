// Plugins that break in the middle of a training, with tests/plugins_for_tests/fragile.cpp.
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <aviary/error.hpp>

#include "framework/training/tiny.hpp"

namespace {

namespace fs = std::filesystem;

using aviary::Error;
using aviary::Fault;
using Settings = std::vector<std::string>;

const fs::path library = AVIARY_PREFIX "/tests/plugins/fragile.so";

// Breaks in epoch 2 at the third of its five steps.
struct Failure : aviary::test::Tiny, testing::WithParamInterface<std::string> {
  Failure() {
    static aviary::plugins::Catalogue catalogue({AVIARY_PREFIX "/lib/aviary/plugins", library});
    catalogue_ = &catalogue;
    setenv("AVIARY_TEST_BREAKS", GetParam().c_str(), 1);
  }
  ~Failure() override { unsetenv("AVIARY_TEST_BREAKS"); }

  std::string error_of(const std::string& run, const Settings& settings) const {
    try {
      train(run, settings);
    } catch (const Error& error) {
      EXPECT_EQ(error.fault(), Fault::work);
      return error.what();
    }
    return "none";
  }

  // The component that is tested is fragile, the others are not.
  Settings settings() const {
    if (GetParam() == "model") return {"model={ type = \"fragile\" }"};
    if (GetParam() == "optimizer") return {"optimizer={ type = \"fragile\" }"};
    if (GetParam() == "scheduler") return {"scheduler={ type = \"fragile\" }"};
    return {"augment=[{ type = \"fragile\" }]"};
  }
};

TEST_P(Failure, NamesThePluginAndSavesWhatIsWhole) {
  // What an optimizer leaves is half a step: the checkpoint before it counts.
  const bool half = GetParam() == "optimizer";
  EXPECT_EQ(error_of("broken", settings()), GetParam() + " fragile (" + library.string() +
                                                ") failed; the C++ library says: a wire is loose; aviary resume " +
                                                (folder_ / "broken").string() + " goes on from " +
                                                (half ? "the last checkpoint" : "this moment, which was saved"));
  EXPECT_EQ(fs::read_symlink(folder_ / "broken/checkpoints/last"), half ? "epoch-0001" : "step");

  unsetenv("AVIARY_TEST_BREAKS");
  train("through", settings());
  EXPECT_FALSE(resume("broken", settings()).interrupted);
  EXPECT_TRUE(state("broken") == state("through"));
}

INSTANTIATE_TEST_SUITE_P(EachKind, Failure, testing::Values("model", "optimizer", "scheduler", "augmentation"),
                         [](const auto& kind) { return kind.param; });

struct FailureInSam : Failure {};

TEST_P(FailureInSam, PutsTheWeightsBack) {
  // SAM runs the model twice a step: it breaks in the second pass of step 4.
  const Settings sam = {"model={ type = \"fragile\" }", "optimizer={ type = \"sam\", base = { type = \"sgd\", lr = 0.05 } }"};
  EXPECT_THAT(error_of("broken", sam), testing::HasSubstr("goes on from this moment"));
  unsetenv("AVIARY_TEST_BREAKS");
  train("through", sam);
  resume("broken", sam);
  EXPECT_TRUE(state("broken") == state("through"));
}

INSTANTIATE_TEST_SUITE_P(Model, FailureInSam, testing::Values("model"));

}  // namespace
