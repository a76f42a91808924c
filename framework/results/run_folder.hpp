// The folder of one training run: where its files are, and its checkpoints by name. Commands create or open it, the checkpoint
// writer links in it. It holds no open files; copies are cheap and equal.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "weights/descriptor.hpp"

namespace aviary::results {

/// The checkpoint after so many epochs: "epoch-0012".
std::string epoch_name(std::int64_t completed);

class RunFolder {
 public:
  /// Makes the folder, or takes an empty one, or one whose training was killed before it had a recipe.toml. Throws Error
  /// (Fault::usage) when there is something in it.
  static RunFolder create(const std::filesystem::path& path);

  /// Makes `runs`/`recipe`/<local time of `now`>, with -2, -3 ... behind it when that is taken, also by a run of this moment.
  static RunFolder create_by_time(std::string_view recipe, const std::filesystem::path& runs = "runs",
                                  std::chrono::system_clock::time_point now = std::chrono::system_clock::now());

  /// Opens the RUN of a command line: a run folder, or one of its checkpoints, which named() then tells:
  /// "RUN/checkpoints/epoch-0012", or "RUN/epoch-12" for short. Throws Error (Fault::usage) when it is neither.
  static RunFolder open(const std::filesystem::path& path);

  /// This folder, whatever is in it.
  static RunFolder at(const std::filesystem::path& path) { return {path, std::nullopt}; }

  /// Keeps other programs from writing here for as long as the result lives; the system takes it back from a program that is
  /// killed. Throws Error when another has it.
  weights::Descriptor lock() const;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path recipe_file() const { return path_ / "recipe.toml"; }
  std::filesystem::path environment_file() const { return path_ / "environment.json"; }
  std::filesystem::path events_file() const { return path_ / "events.jsonl"; }
  std::filesystem::path metrics_file() const { return path_ / "metrics.csv"; }
  std::filesystem::path tensorboard() const { return path_ / "tensorboard"; }
  std::filesystem::path checkpoints() const { return path_ / "checkpoints"; }

  /// The checkpoint that the path given to open() led to, as it was called there: "best", "epoch-0012".
  const std::optional<std::string>& named() const { return named_; }

  /// The folder of the checkpoint that open() was led to, else of the best, else of the last.
  std::filesystem::path checkpoint() const;
  /// The folder of the checkpoint "best", "last" or "epoch-0012" (or "epoch-12"), links followed. Throws Error (Fault::usage)
  /// that lists what is there.
  std::filesystem::path checkpoint(std::string_view which) const;

  /// Points checkpoints/`name` ("last", "best") at its neighbour `target`: at every moment at the old or the new one.
  void link(std::string_view name, const std::string& target) const;

 private:
  RunFolder(std::filesystem::path path, std::optional<std::string> named) : path_(std::move(path)), named_(std::move(named)) {}

  std::filesystem::path path_;
  std::optional<std::string> named_;
};

/// The weights that a command line or a recipe names: a file as it is; of a run or checkpoint, as open() takes it, its
/// model.safetensors. Throws Error (Fault::usage) when it is none of these.
std::filesystem::path weights_file(const std::filesystem::path& source);

}  // namespace aviary::results
