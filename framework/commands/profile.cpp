#include "commands/profile.hpp"

#include <fmt/format.h>

namespace aviary::commands {
namespace {

nlohmann::ordered_json profile_json(const training::Profile& profile) {
  nlohmann::ordered_json json = {{"pictures", profile.pictures},
                                 {"seconds", profile.seconds},
                                 {"machine", {{"flops", profile.flops_per_second}, {"bytes", profile.bytes_per_second}}},
                                 {"operations", nlohmann::ordered_json::array()}};
  for (const training::OperationKind& kind : profile.kinds)
    json["operations"].push_back({{"name", kind.name},
                                  {"seconds", kind.seconds},
                                  {"calls", kind.calls},
                                  {"flops", kind.flops},
                                  {"bytes", kind.bytes},
                                  {"at_best", kind.at_best}});
  return json;
}

}  // namespace

void print_profile(const training::Profile& profile, const recipe::Recipe& recipe, const Global& global) {
  if (global.json) return print(profile_json(profile));
  fmt::print("{}: {} pictures of {} px in {}, {:.1f} ms a step, {:.1f} images/s\n", recipe.name, profile.pictures,
             recipe.data.image_size, recipe.training.precision, 1e3 * profile.seconds,
             static_cast<double>(profile.pictures) / profile.seconds);
  fmt::print("this machine at best: {:.0f} GFLOP/s, {:.1f} GB/s\n\n", profile.flops_per_second / 1e9,
             profile.bytes_per_second / 1e9);
  std::vector<std::vector<std::string>> rows = {{"ms", "share %", "calls", "GFLOP", "MB", "at best %", "operation"}};
  const auto number = [](double value, int digits) { return value > 0 ? fmt::format("{:.{}f}", value, digits) : "-"; };
  for (const training::OperationKind& kind : profile.kinds)
    rows.push_back({fmt::format("{:.1f}", 1e3 * kind.seconds), percent(kind.seconds / profile.seconds, 1),
                    kind.calls > 0 ? std::to_string(kind.calls) : "-", number(kind.flops / 1e9, 1), number(kind.bytes / 1e6, 0),
                    kind.at_best > 0 ? percent(kind.at_best / kind.seconds, 0) : "-", kind.name});
  print_columns(rows);
}

}  // namespace aviary::commands
