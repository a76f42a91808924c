#include <algorithm>
#include <array>
#include <memory>
#include <string_view>
#include <utility>

#include <ATen/core/Tensor.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "commands/command.hpp"
#include "weights/dtype.hpp"
#include "weights/weights_file.hpp"

namespace aviary::commands {
namespace {

/// A file does not say what is a parameter. What cannot have a gradient is none, and neither are the statistics of batch norm,
/// which PyTorch names so in every model.
bool is_buffer(const std::string& name, const at::Tensor& tensor) {
  constexpr std::array<std::string_view, 2> statistics = {"running_mean", "running_var"};
  const std::string_view last = std::string_view(name).substr(name.rfind('.') + 1);
  return !tensor.is_floating_point() || std::ranges::find(statistics, last) != statistics.end();
}

struct Totals {
  std::int64_t parameters = 0;
  std::int64_t buffers = 0;
  std::size_t bytes = 0;
};

Totals totals_of(const NamedTensors& tensors) {
  Totals totals;
  for (const auto& [name, tensor] : tensors) {
    (is_buffer(name, tensor) ? totals.buffers : totals.parameters) += tensor.numel();
    totals.bytes += tensor.nbytes();
  }
  return totals;
}

std::string_view dtype_name(const at::Tensor& tensor) {
  return weights::find_dtype(&weights::Dtype::type, tensor.scalar_type())->name;
}

nlohmann::ordered_json to_json(weights::Format format, const weights::Tensors& content) {
  auto tensors = nlohmann::ordered_json::array();
  for (const auto& [name, tensor] : content.tensors)
    tensors.push_back({{"name", name},
                       {"dtype", dtype_name(tensor)},
                       {"shape", tensor.sizes().vec()},
                       {"values", tensor.numel()},
                       {"buffer", is_buffer(name, tensor)}});
  const Totals totals = totals_of(content.tensors);
  return {{"format", weights::to_string(format)},
          {"metadata", content.metadata},
          {"parameters", totals.parameters},
          {"buffers", totals.buffers},
          {"bytes", totals.bytes},
          {"tensors", tensors}};
}

/// Text from a file, on one line and without control characters.
std::string one_line(std::string_view text) {
  std::string line(text);
  std::ranges::replace_if(
      line, [](char letter) { return (letter >= 0 && letter < ' ') || letter == '\x7f'; }, '?');
  return line;
}

std::string shape_text(const at::Tensor& tensor) {
  return tensor.dim() == 0 ? "scalar" : fmt::format("{}", fmt::join(tensor.sizes(), "x"));
}

/// A name that leaves no room for the rest stands on a line of its own.
void print_tensors(const NamedTensors& tensors) {
  std::vector<std::array<std::string, 4>> rows = {{"name", "dtype", "shape", "values"}};
  for (const auto& [name, tensor] : tensors)
    rows.push_back({one_line(name), std::string(dtype_name(tensor)), shape_text(tensor), std::to_string(tensor.numel())});
  std::array<std::size_t, 4> widths = {};
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  const std::size_t others = widths[1] + widths[2] + widths[3] + 6;
  widths[0] = std::min(widths[0], page_width - std::min(page_width, others));
  for (auto& [name, dtype, shape, values] : rows) {
    if (name.size() > widths[0]) {
      fmt::print("{}\n", name);
      name.clear();
    }
    fmt::print("{:{}}  {:{}}  {:{}}  {:>{}}\n", name, widths[0], dtype, widths[1], shape, widths[2], values, widths[3]);
  }
}

void print_content(weights::Format format, const weights::Tensors& content) {
  const Totals totals = totals_of(content.tensors);
  std::vector<std::vector<std::string>> rows = {{"format", std::string(weights::to_string(format))},
                                                {"tensors", std::to_string(content.tensors.size())},
                                                {"parameters", std::to_string(totals.parameters)},
                                                {"buffers", std::to_string(totals.buffers)},
                                                {"bytes", std::to_string(totals.bytes)}};
  print_columns(rows);
  if (!content.metadata.empty()) fmt::print("metadata\n");
  for (const auto& [key, text] : content.metadata)
    fmt::print("{}\n", cut(one_line(fmt::format("  {}: {}", key, text)), page_width));
  if (content.tensors.empty()) return;
  fmt::print("\n");
  print_tensors(content.tensors);
}

void show(const std::string& file, const Global& global) {
  const weights::Format format = weights::format_of_content(file);
  const weights::Tensors content = weights::load_weights_file(file);
  if (global.json)
    print(to_json(format, content));
  else
    print_content(format, content);
}

void convert(const std::string& from, const std::string& to, const Global& global) {
  const weights::Format format = weights::format_of_name(to);
  const weights::Tensors content = weights::load_weights_file(from);
  weights::save_weights_file(to, content);
  std::vector<std::string> left_out;
  if (format == weights::Format::pytorch)
    for (const auto& [key, text] : content.metadata) left_out.push_back(key);
  const Totals totals = totals_of(content.tensors);
  if (global.json)
    return print({{"file", to},
                  {"format", weights::to_string(format)},
                  {"tensors", content.tensors.size()},
                  {"bytes", totals.bytes},
                  {"metadata_left_out", left_out}});
  fmt::print("wrote {}: {} tensors, {} bytes of values\n", to, content.tensors.size(), totals.bytes);
  if (!left_out.empty())
    fmt::print(stderr, "left out the metadata, for which PyTorch files have no place: {}\n",
               one_line(fmt::format("{}", fmt::join(left_out, ", "))));
}

void add_show(CLI::App& weights, Global& global) {
  auto file = std::make_shared<std::string>();
  CLI::App* const command = weights.add_subcommand("show", "what a file of weights holds");
  command->add_option("FILE", *file, "safetensors, or a PyTorch state_dict")->required();
  command->footer("aviary weights show runs/first/checkpoints/best/model.safetensors");
  command->fallthrough();
  command->callback([file, &global] { show(*file, global); });
}

void add_convert(CLI::App& weights, Global& global) {
  auto files = std::make_shared<std::pair<std::string, std::string>>();
  CLI::App* const command = weights.add_subcommand("convert", "write weights in the other format");
  command->add_option("IN", files->first, "safetensors, or a PyTorch state_dict")->required();
  command->add_option("OUT", files->second, "ends in .safetensors, .pt or .pth, which decides the format")->required();
  command->footer("aviary weights show runs/first/checkpoints/best/model.safetensors");
  command->footer("aviary weights convert runs/first/checkpoints/best/model.safetensors first.pt");
  command->fallthrough();
  command->callback([files, &global] { convert(files->first, files->second, global); });
}

}  // namespace

void add_weights(CLI::App& app, Global& global) {
  CLI::App* const command = app.add_subcommand("weights", "show, convert and export weights")->require_subcommand(1);
  command->fallthrough();
  add_show(*command, global);
  add_convert(*command, global);
  add_weights_export(*command, global);
}

}  // namespace aviary::commands
