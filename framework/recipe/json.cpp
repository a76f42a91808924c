#include "recipe/json.hpp"

namespace aviary::recipe {

namespace {

struct Writer {
  nlohmann::ordered_json operator()(Unsupported) const { return nullptr; }
  nlohmann::ordered_json operator()(const std::vector<Node>& list) const {
    auto json = nlohmann::ordered_json::array();
    for (const Node& element : list) json.push_back(to_json(element));
    return json;
  }
  nlohmann::ordered_json operator()(const Table& table) const {
    auto json = nlohmann::ordered_json::object();
    for (const Entry& entry : table.entries) json[entry.key] = to_json(entry.node);
    return json;
  }
  nlohmann::ordered_json operator()(const auto& value) const { return value; }
};

}  // namespace

nlohmann::ordered_json to_json(const Node& node) { return std::visit(Writer(), node.value); }

nlohmann::ordered_json to_json(const Complaint& complaint) {
  nlohmann::ordered_json json;
  if (!complaint.place.is_default()) json["file"] = complaint.place.file;
  if (complaint.place.line > 0) {
    json["line"] = complaint.place.line;
    json["column"] = complaint.place.column;
  }
  json["message"] = complaint.message;
  return json;
}

}  // namespace aviary::recipe
