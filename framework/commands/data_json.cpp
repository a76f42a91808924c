#include <utility>

#include "commands/data_report.hpp"

namespace aviary::commands {
namespace {

using inspection::Picture;

nlohmann::ordered_json picture_json(const Picture& picture, const DataReport& report) {
  return {{"file", picture.sample->name}, {"split", picture.split->name}, {"class", report.class_of(picture)}};
}

nlohmann::ordered_json count_json(const inspection::ClassCount& count) {
  return {{"class", count.name}, {"pictures", count.pictures}};
}

}  // namespace

nlohmann::ordered_json data_report_json(const DataReport& report) {
  const auto list = nlohmann::ordered_json::array();
  nlohmann::ordered_json json = {{"path", report.settings.path}, {"format", report.settings.format}};
  json["splits"] = list;
  for (const inspection::SplitSummary& split : report.summary.splits)
    json["splits"].push_back({{"split", split.name},
                              {"pictures", split.pictures},
                              {"classes", split.classes},
                              {"median", split.median},
                              {"smallest", count_json(split.smallest)},
                              {"largest", count_json(split.largest)}});
  json["classes"] = list;
  for (std::size_t i = 0; i < report.dataset.classes.size(); ++i) {
    const auto& [train, validation, test] = report.summary.counts[i];
    json["classes"].push_back(
        {{"class", report.dataset.classes[i]}, {"train", train}, {"validation", validation}, {"test", test}});
  }
  json["sizes"] = list;
  for (const auto& [size, pictures] : report.summary.sizes)
    json["sizes"].push_back({{"width", size.width}, {"height", size.height}, {"pictures", pictures}});
  json["gray"] = report.summary.gray;
  json["image_size"] = report.settings.image_size;
  const bool colored = !report.survey.colors.empty();
  json["mean"] = colored ? nlohmann::ordered_json(report.survey.colors.mean()) : nullptr;
  json["std"] = colored ? nlohmann::ordered_json(report.survey.colors.std()) : nullptr;
  json["bad"] = list;
  for (const Picture& picture : report.survey.pictures) {
    if (picture.fault.empty()) continue;
    json["bad"].push_back(picture_json(picture, report));
    json["bad"].back()["reason"] = picture.fault;
  }
  json["classes_in_one_split"] = list;
  for (const auto& [name, split] : report.summary.in_one_split)
    json["classes_in_one_split"].push_back({{"class", name}, {"split", split}});
  json["notices"] = report.dataset.notices;
  json["equal"] = list;
  for (const auto& group : report.duplicates.exact) {
    auto pictures = list;
    for (const Picture* const picture : group.pictures) pictures.push_back(picture_json(*picture, report));
    json["equal"].push_back({{"pictures", std::move(pictures)},
                             {"different_splits", group.in_different_splits()},
                             {"different_classes", group.of_different_classes()}});
  }
  json["nearly_equal"] = list;
  for (const auto& [picture, other, likeness] : report.duplicates.near)
    json["nearly_equal"].push_back({{"picture", picture_json(*picture, report)},
                                    {"other", picture_json(*other, report)},
                                    {"mirrored", likeness.mirrored},
                                    {"correlation", likeness.correlation}});
  return json;
}

}  // namespace aviary::commands
