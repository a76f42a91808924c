// A training of seconds: three classes in clearly different colours, 16 pixels, WRN-10-1.
#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>

#include "framework/recipe/recipes.hpp"
#include "results/event_log.hpp"
#include "results/run_folder.hpp"
#include "training/compute.hpp"
#include "training/trainer.hpp"

namespace aviary::test {

/// Asks the training to stop once it has seen this many batches.
class StopAfter final : public results::Listener {
 public:
  explicit StopAfter(int batches) : left_(batches) {}
  void batch_done(const results::BatchDone&) override {
    if (--left_ == 0) stop = true;
  }
  std::atomic<bool> stop = false;

 private:
  int left_;
};

class Tiny : public testing::Test {
 protected:
  Tiny() {
    training::set_compute_threads(1);
    for (const std::string part : {"train", "valid", "test"}) pictures(part, part == "train" ? 12 : 4);
  }

  void pictures(const std::string& part, int count) const {
    const cv::Scalar colors[] = {{20, 20, 200}, {20, 200, 20}, {200, 20, 20}};
    const char* const names[] = {"red", "green", "blue"};
    cv::RNG rng(static_cast<std::uint64_t>(count));
    for (int label = 0; label < 3; ++label) {
      const auto place = folder_ / "data" / part / names[label];
      std::filesystem::create_directories(place);
      for (int i = 0; i < count; ++i) {
        cv::Mat noise(16, 16, CV_8UC3);
        rng.fill(noise, cv::RNG::UNIFORM, 0, 40);
        cv::Mat picture(16, 16, CV_8UC3, colors[label]);
        picture += noise;
        ASSERT_TRUE(cv::imwrite((place / (std::to_string(i) + ".png")).string(), picture));
      }
    }
  }

  recipe::Recipe recipe(const std::vector<std::string>& settings = {}) const {
    put_bytes(folder_ / "tiny.toml",
              "[data]\npath = \"" + (folder_ / "data").string() +
                  "\"\nimage_size = 16\nbatch_size = 8\n[model]\ntype = \"wide_resnet\"\ndepth = 10\nwidth = 1\n"
                  "dropout = 0.1\n[optimizer]\ntype = \"sgd\"\nlr = 0.1\nmomentum = 0.9\n[[augment]]\ntype = "
                  "\"random_crop\"\npadding = 2\n"
                  "[[augment]]\ntype = \"horizontal_flip\"\n[training]\nepochs = 3\nseed = 5\n");
    return recipe::read_recipe((folder_ / "tiny.toml").string(), settings, *catalogue_);
  }

  /// Trains in a new run folder; `stop_after` 0: to the end.
  training::Outcome train(const std::string& run, const std::vector<std::string>& settings = {}, int workers = 1,
                          int stop_after = 0) const {
    training::Experiment experiment(recipe(settings));
    const auto folder = results::RunFolder::create(folder_ / run);
    put_bytes(folder.recipe_file(), "");
    return go_on(experiment, folder, {}, workers, stop_after);
  }

  training::Outcome resume(const std::string& run, const std::vector<std::string>& settings = {}) const {
    training::Experiment experiment(recipe(settings));
    const auto folder = results::RunFolder::open(folder_ / run);
    const auto position = training::load_newest_checkpoint(folder, experiment);
    return go_on(experiment, folder, position, 1, 0);
  }

  training::Outcome go_on(training::Experiment& experiment, const results::RunFolder& folder,
                          const training::Position& position, int workers, int stop_after) const {
    results::EventLog log(folder, {position.events_bytes, position.metrics_bytes});
    StopAfter listener(stop_after);
    training::TrainerOptions options{.workers = workers, .limit_batches = {}, .deadline = {}};
    if (time_) options.deadline = training::TimeLimit::Clock::now() + *time_;
    training::Trainer trainer(experiment, folder, &log, options, listener.stop, {&listener});
    return trainer.run(position);
  }

  /// All bytes of the run's last weights and optimizer.
  std::string state(const std::string& run) const {
    const auto last = folder_ / run / "checkpoints/last";
    const std::string model = bytes_of(last / "model.safetensors");
    EXPECT_GT(model.size(), 1000) << run;
    return model + bytes_of(last / "optimizer.safetensors");
  }

  ScratchFolder folder_;
  std::optional<std::chrono::microseconds> time_;  ///< that go_on() may take
  plugins::Catalogue* catalogue_ = &built_plugins();
};

}  // namespace aviary::test
