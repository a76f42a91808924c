// What a run's files tell of its epochs, as the pages draw it (web/charts.js). Read by whatever writes or serves a page, also
// while the run trains, from any thread.
#pragma once

#include <istream>

#include <nlohmann/json_fwd.hpp>

#include "results/run_folder.hpp"

namespace aviary::results {

/// Of the lines of events.jsonl; one that was cut is passed over. Epochs count from 1, as people read them; element i of every
/// list is of the i-th of them, null where there was none or it was no number.
///   {"epochs": 50, "state": "training" | "finished" | "interrupted" | "out_of_time",
///    "epoch": [1, ...], "learning_rate": [...], "best": [true, ...], "seconds": [...], "images_per_second": [...],
///    "train": {"loss": [...], "top1": [...]}, "validation": likewise, "ema": likewise,
///    "spent": {"data": [...], "forward": [...], "backward": [...], "optimizer": [...], "validation": [...]},
///    "test": {"loss", "top1", "pictures"} or null, "swa": likewise, "notices": ["...", ...]}
nlohmann::ordered_json curves_of(std::istream& events);

/// The phases of a resolved recipe in JSON: [{"from": 1, "to": 20, "label": "plain"}, ...]; none where all epochs are alike.
nlohmann::ordered_json phases_of(const nlohmann::ordered_json& recipe);

/// Both, the phases under "phases", of a run folder that may be without either file yet.
nlohmann::ordered_json read_curves(const RunFolder& run);

}  // namespace aviary::results
