// PyTorch files made by hand, so that they may hold what torch.save would never write.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include <caffe2/serialize/inline_container.h>

namespace aviary::test {

using Records = std::vector<std::pair<std::string, std::string>>;

/// The zip file, with the records in the folder "archive".
inline std::string pytorch_file(const Records& records, bool compress = false) {
  std::string bytes;
  caffe2::serialize::PyTorchStreamWriter writer([&bytes](const void* data, std::size_t size) {
    bytes.append(static_cast<const char*>(data), size);
    return size;
  });
  for (const auto& [name, content] : records) writer.writeRecord(name, content.data(), content.size(), compress);
  writer.writeEndOfFile();
  return bytes;
}

template <typename Number>
std::string little_endian(Number number) {
  std::string bytes(sizeof number, '\0');
  std::memcpy(bytes.data(), &number, sizeof number);
  return bytes;
}

inline std::string text(const std::string& text) { return "X" + little_endian(static_cast<std::uint32_t>(text.size())) + text; }

inline std::string number(std::int64_t number) { return "\x8a\x08" + little_endian(number); }

inline std::string tuple(const std::vector<std::int64_t>& numbers) {
  std::string ops = "(";
  for (const std::int64_t each : numbers) ops += number(each);
  return ops + "t";
}

struct PickledTensor {
  std::string storage = "FloatStorage";
  std::string key = "0";
  std::int64_t elements = 4;
  std::int64_t offset = 0;
  std::vector<std::int64_t> sizes = {2, 2};
  std::vector<std::int64_t> strides = {2, 1};
};

inline std::string pickled(const PickledTensor& tensor) {
  return "ctorch._utils\n_rebuild_tensor_v2\n((" + text("storage") + "ctorch\n" + tensor.storage + "\n" + text(tensor.key) +
         text("cpu") + number(tensor.elements) + "tQ" + number(tensor.offset) + tuple(tensor.sizes) + tuple(tensor.strides) +
         "\x89"
         "ccollections\nOrderedDict\n)RtR";
}

/// A dict of these entries; each value is pickled already.
inline std::string pickled_dict(const Records& entries) {
  std::string ops = "}(";
  for (const auto& [name, value] : entries) ops += text(name) + value;
  return ops + "u";
}

inline std::string whole_pickle(const std::string& ops) { return "\x80\x02" + ops + "."; }

/// Sixteen bytes: the floats 1 to 4.
inline std::string four_floats() {
  return little_endian(1.0F) + little_endian(2.0F) + little_endian(3.0F) + little_endian(4.0F);
}

/// One pickle, and one storage of four floats.
inline std::string pytorch_file(const std::string& pickle) {
  return pytorch_file({{"data.pkl", pickle}, {"data/0", four_floats()}});
}

}  // namespace aviary::test
