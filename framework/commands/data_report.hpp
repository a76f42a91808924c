// How `aviary data` shows what it has found: as text within 80 columns whose lists are cut short, or as JSON with all of it.
// Called by that command alone, from the main thread.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "data/dataset.hpp"
#include "inspection/duplicates.hpp"
#include "inspection/summary.hpp"
#include "inspection/survey.hpp"
#include "recipe/sections.hpp"

namespace aviary::commands {

struct DataReport {
  const recipe::Data& settings;
  const data::Dataset& dataset;
  const inspection::Survey& survey;
  const inspection::Duplicates& duplicates;
  inspection::Summary summary;

  const std::string& class_of(const inspection::Picture& picture) const {
    return dataset.classes[static_cast<std::size_t>(picture.sample->label)];
  }
};

void print_data_report(const DataReport& report, bool per_class);

nlohmann::ordered_json data_report_json(const DataReport& report);

}  // namespace aviary::commands
