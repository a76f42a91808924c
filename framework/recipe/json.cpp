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

Node from_json(const nlohmann::ordered_json& json, const Place& place) {
  Node node{place, {}};
  if (json.is_object()) {
    Table& table = node.value.emplace<Table>();
    for (const auto& [key, value] : json.items()) table.entries.push_back({key, place, from_json(value, place)});
  } else if (json.is_array()) {
    auto& list = node.value.emplace<std::vector<Node>>();
    for (const auto& element : json) list.push_back(from_json(element, place));
  } else if (json.is_string()) {
    node.value = json.get<std::string>();
  } else if (json.is_boolean()) {
    node.value = json.get<bool>();
  } else if (json.is_number_integer()) {
    node.value = json.get<std::int64_t>();
  } else if (json.is_number()) {
    node.value = json.get<double>();
  }
  return node;
}

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
