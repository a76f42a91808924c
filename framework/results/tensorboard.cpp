#include "results/tensorboard.hpp"

#include <array>
#include <bit>
#include <chrono>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <boost/crc.hpp>

#include "results/encoded.hpp"
#include "results/tensorboard.pb.h"

namespace aviary::results {

namespace {

using tensorboard::Metadata;
using tensorboard::Tensor;

// TensorBoard knows event files by the "tfevents" in their names. More than a million processes would no longer be in order.
std::filesystem::path new_file(const std::filesystem::path& folder) {
  std::error_code ignored;  // opening the file tells what is wrong
  std::filesystem::create_directory(folder, ignored);
  for (int number = 1;; ++number) {
    std::filesystem::path file = folder / fmt::format("events.out.tfevents.{:06}", number);
    if (!std::filesystem::exists(file, ignored)) return file;
  }
}

std::string bytes_of_number(auto number) {
  static_assert(std::endian::native == std::endian::little, "TFRecords are little-endian");
  return {reinterpret_cast<const char*>(&number), sizeof number};
}

// CRC-32C, turned so that the checksum of bytes that hold their own checksum is no constant.
std::string masked_checksum(std::string_view bytes) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes(bytes.data(), bytes.size());
  return bytes_of_number(std::rotr(static_cast<std::uint32_t>(crc.checksum()), 15) + 0xA282EAD8U);
}

std::string tf_record(std::string_view bytes) {
  const std::string length = bytes_of_number(static_cast<std::uint64_t>(bytes.size()));
  return length + masked_checksum(length) + std::string(bytes) + masked_checksum(bytes);
}

// The tensor of a new value, for the part of TensorBoard's page that is called `plugin`.
Tensor& add_value(tensorboard::Event& event, const std::string& tag, const char* plugin, Metadata::DataClass data_class,
                  Tensor::Type type) {
  auto& value = *event.mutable_summary()->add_value();
  value.set_tag(tag);
  value.mutable_metadata()->mutable_plugin()->set_name(plugin);
  value.mutable_metadata()->set_data_class(data_class);
  value.mutable_tensor()->set_type(type);
  value.mutable_tensor()->mutable_shape();
  return *value.mutable_tensor();
}

void add_scalar(tensorboard::Event& event, const std::string& tag, double number) {
  add_value(event, tag, "scalars", Metadata::SCALAR, Tensor::FLOAT).add_floats(static_cast<float>(number));
}

void add_scores(tensorboard::Event& event, const std::string& part, const std::optional<Scores>& scores) {
  if (!scores) return;
  add_scalar(event, "loss/" + part, scores->loss);
  add_scalar(event, "top1/" + part, scores->top1);
}

// As Markdown, which the page shows it as.
void add_recipe(tensorboard::Event& event, const std::string& recipe) {
  add_value(event, "recipe", "text", Metadata::TENSOR, Tensor::STRING).add_strings("```toml\n" + recipe + "```\n");
}

void add_picture(tensorboard::Event& event, const std::string& tag, const cv::Mat& picture) {
  Tensor& tensor = add_value(event, tag, "images", Metadata::BLOB_SEQUENCE, Tensor::STRING);
  for (std::string& part :
       std::array{std::to_string(picture.cols), std::to_string(picture.rows), jpeg_of(picture, tag.c_str())})
    tensor.add_strings(std::move(part));
  tensor.mutable_shape()->add_dimension()->set_size(tensor.strings_size());
}

}  // namespace

TensorBoard::TensorBoard(const RunFolder& run, Beginning beginning, EventLog::Clock now)
    : now_(std::move(now)), beginning_(std::move(beginning)), file_(run, new_file(run.tensorboard()), 0) {}

void TensorBoard::write(tensorboard::Event& event, std::int64_t step) {
  event.set_wall_time(std::chrono::duration<double>(now_().time_since_epoch()).count());
  event.set_step(step);
  file_.append(tf_record(event.SerializeAsString()));
}

void TensorBoard::started(const RunStarted& event) {
  tensorboard::Event version;
  version.set_file_version("brain.Event:2");
  write(version, event.epoch);
  tensorboard::Event start;
  start.mutable_session_log()->set_status(tensorboard::SessionLog::START);
  write(start, event.epoch);
  tensorboard::Event beginning;
  add_recipe(beginning, beginning_.recipe);
  if (!beginning_.pictures.empty()) add_picture(beginning, "training pictures", beginning_.pictures);
  write(beginning, event.epoch);
}

void TensorBoard::epoch_done(const EpochDone& event) {
  tensorboard::Event epoch;
  add_scores(epoch, "train", event.train);
  add_scores(epoch, "validation", event.validation);
  add_scores(epoch, "ema", event.ema);
  add_scalar(epoch, "learning_rate", event.learning_rate);
  add_scalar(epoch, "images_per_second", event.images_per_second);
  write(epoch, event.epoch);
  file_.sync();
}

}  // namespace aviary::results
