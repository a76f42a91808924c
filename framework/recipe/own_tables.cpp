#include "recipe/own_tables.hpp"

#include "recipe/sections.hpp"

namespace aviary::recipe {

const std::vector<std::pair<std::string, SettingList>>& own_tables() {
  static const std::vector<std::pair<std::string, SettingList>> tables = {
      {"data", ParamList<Data>().settings()},
      {"model", ParamList<Start>().settings()},
      {"optimizer", ParamList<Decay>().settings()},
      {"training", ParamList<Training>().settings()},
      {"loss", ParamList<Loss>().settings()},
      {"gradient", ParamList<Gradient>().settings()},
      {"ema", ParamList<Ema>().settings()},
      {"swa", ParamList<Swa>().settings()},
      {"early_stopping", ParamList<EarlyStopping>().settings()},
      {"checkpoint", ParamList<Checkpoint>().settings()},
      {"log", ParamList<Log>().settings()},
      {"limits", ParamList<Limits>().settings()},
      {"provenance", ParamList<Provenance>().settings()},
      {"provenance.published", ParamList<Published>().settings()},
  };
  return tables;
}

}  // namespace aviary::recipe
