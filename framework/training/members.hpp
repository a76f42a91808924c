// The trained models that a command asks of pictures, one or several together. Used from the main thread.
#pragma once

#include <atomic>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "data/dataset.hpp"
#include "data/loader.hpp"
#include "results/scoring.hpp"
#include "results/views.hpp"
#include "training/trained_model.hpp"

namespace aviary::training {

struct Member {
  std::string run;         ///< as the command line names it
  std::string checkpoint;  ///< "epoch-0012"
  recipe::Recipe recipe;
  TrainedModel trained;
};

/// The best checkpoint of each run, or the one that is named, with its averaged weights where `ema` says so; `settings` are
/// over the runs' recipes. Throws Error (Fault::usage) where one was trained for other classes than the first.
std::vector<Member> open_members(const std::vector<std::string>& runs, bool ema, const std::vector<std::string>& settings,
                                 plugins::Catalogue& catalogue);

/// Of the part "train", "validation" or "test".
const data::Split& split_called(const data::Dataset& dataset, const std::string& name);

/// The data of the first member's recipe. Throws Error where its classes are not the members'.
data::Dataset open_members_data(const std::vector<Member>& members);

/// Throws Error (Fault::usage) where the recipe of another member than the first puts other pictures into this part: it may
/// have been trained on what it would be asked.
void check_same_pictures(const std::vector<Member>& members, const data::Split& split);

struct AskOptions {
  int workers = 1;
  results::Views views = {};
  data::Cache cache = data::Cache::none;
};

struct Answers {
  std::vector<results::Outputs> outputs;   ///< of each member
  std::vector<data::BadPicture> left_out;  ///< that could not be decoded
};

/// None when `stop` was set before the end.
std::optional<Answers> ask(const std::vector<Member>& members, const data::Split& split, const AskOptions& options,
                           const std::atomic<bool>& stop);

}  // namespace aviary::training
