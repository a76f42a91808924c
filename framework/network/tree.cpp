#include "network/tree.hpp"

#include <algorithm>
#include <sstream>
#include <string_view>
#include <utility>

namespace aviary::network {
namespace {

Branch& child(Branch& parent, const std::string& name) {
  const auto found =
      std::ranges::find_if(parent.children, [&](const Branch& branch) { return branch.type.empty() && branch.name == name; });
  if (found != parent.children.end()) return *found;
  parent.children.emplace_back().name = name;
  return parent.children.back();
}

std::vector<std::string> steps(const std::string& path) {
  std::vector<std::string> steps;
  std::stringstream stream(path);
  for (std::string step; std::getline(stream, step, '.');) steps.push_back(step);
  return steps;
}

void insert(Branch& root, const Layer& layer) {
  std::vector<std::string> path = steps(layer.name);
  std::string name;
  if (layer.own && !path.empty()) {
    name = path.back();
    path.pop_back();
  }
  std::vector<Branch*> modules = {&root};
  for (const std::string& step : path) modules.push_back(&child(*modules.back(), step));
  Branch& leaf = modules.back()->children.emplace_back();
  leaf.name = name;
  leaf.type = layer.detail.empty() ? layer.type : layer.type + ' ' + layer.detail;
  modules.push_back(&leaf);
  for (Branch* const branch : modules) {
    branch->output = layer.output;
    branch->parameters += layer.parameters;
    branch->multiply_adds += layer.multiply_adds;
  }
}

// Whether they hold the same, under whatever name.
bool equal(const Branch& a, const Branch& b) {
  return a.type == b.type && a.output == b.output && a.parameters == b.parameters && a.multiply_adds == b.multiply_adds &&
         std::ranges::equal(a.children, b.children, [](const Branch& x, const Branch& y) {
           return x.name == y.name && x.repeats == y.repeats && equal(x, y);
         });
}

bool is_number(const std::string& name) { return !name.empty() && name.find_first_not_of("0123456789") == std::string::npos; }

// Neighbours in a list of blocks; two branches of one block have names of their own.
void collapse(Branch& branch) {
  std::vector<Branch> collapsed;
  std::string first;  // name of the run under way
  for (Branch& each : branch.children) {
    collapse(each);
    if (!collapsed.empty() && is_number(first) && is_number(each.name) && equal(collapsed.back(), each)) {
      ++collapsed.back().repeats;
      collapsed.back().name = first + ".." + each.name;
    } else {
      first = each.name;
      collapsed.push_back(std::move(each));
    }
  }
  branch.children = std::move(collapsed);
}

// Modules around a single thing.
void join_chains(Branch& branch) {
  for (Branch& each : branch.children) {
    while (each.type.empty() && each.children.size() == 1 && each.children.front().repeats == 1) {
      Branch only = std::move(each.children.front());
      only.name = only.name.empty() ? each.name : each.name + '.' + only.name;
      only.repeats = each.repeats;
      each = std::move(only);
    }
    join_chains(each);
  }
}

}  // namespace

Branch tree_of(const Layers& layers) {
  Branch root;
  for (const Layer& layer : layers.layers)
    if (layer.own || layer.multiply_adds > 0 || layer.resizes) insert(root, layer);
  collapse(root);
  join_chains(root);
  return root;
}

}  // namespace aviary::network
