#include <array>
#include <bit>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include <ATen/core/Tensor.h>
#include <c10/util/strides.h>
#include <caffe2/serialize/inline_container.h>
#include <fmt/format.h>

#include "weights/dtype.hpp"
#include "weights/pickle_op.hpp"
#include "weights/pytorch.hpp"
#include "weights/refusal.hpp"
#include "weights/tensor_checks.hpp"
#include "weights/whole_file.hpp"

namespace aviary::weights {

namespace {

/// Appends instructions. It keeps no memo: what is needed again is written again.
class PickleWriter {
 public:
  void op(Op op) { bytes_ += static_cast<char>(op); }

  void protocol() {
    op(Op::proto);
    raw(std::uint8_t{2});
  }

  void global(std::string_view module, std::string_view name) {
    op(Op::global);
    bytes_.append(module).append("\n").append(name).append("\n");
  }

  void text(std::string_view text) {
    op(Op::binunicode);
    raw(static_cast<std::uint32_t>(text.size()));
    bytes_ += text;
  }

  /// Precondition: not negative.
  void number(std::int64_t number) {
    if (number <= std::numeric_limits<std::uint8_t>::max()) {
      op(Op::binint1);
      raw(static_cast<std::uint8_t>(number));
    } else if (number <= std::numeric_limits<std::int32_t>::max()) {
      op(Op::binint);
      raw(static_cast<std::int32_t>(number));
    } else {
      op(Op::long1);
      raw(static_cast<std::uint8_t>(sizeof number));
      raw(number);
    }
  }

  void tuple(c10::IntArrayRef numbers) {
    op(Op::mark);
    for (const std::int64_t each : numbers) number(each);
    op(Op::tuple);
  }

  void empty_ordered_dict() {
    global("collections", "OrderedDict");
    op(Op::empty_tuple);
    op(Op::reduce);
  }

  /// Precondition: row-major, with a storage of its own in the record data/KEY.
  void tensor(const at::Tensor& tensor, std::string_view key) {
    global("torch._utils", "_rebuild_tensor_v2");
    op(Op::mark);
    op(Op::mark);
    text("storage");
    global("torch", find_dtype(&Dtype::type, tensor.scalar_type())->storage);
    text(key);
    text("cpu");
    number(tensor.numel());
    op(Op::tuple);
    op(Op::binpersid);
    number(0);  // offset
    tuple(tensor.sizes());
    tuple(c10::contiguous_strides(tensor.sizes()));
    op(Op::newfalse);      // requires_grad
    empty_ordered_dict();  // hooks
    op(Op::tuple);
    op(Op::reduce);
  }

  std::string take() { return std::move(bytes_); }

 private:
  template <typename Number>
  void raw(Number number) {
    bytes_.append(std::bit_cast<std::array<char, sizeof number>>(number).data(), sizeof number);
  }

  std::string bytes_;
};

std::string pickle(const NamedTensors& tensors) {
  PickleWriter writer;
  writer.protocol();
  writer.empty_ordered_dict();
  writer.op(Op::mark);
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    writer.text(tensors[i].first);
    writer.tensor(tensors[i].second, std::to_string(i));
  }
  writer.op(Op::setitems);
  writer.op(Op::stop);
  return writer.take();
}

/// LibTorch lays the archive out as torch.save does: without times, and each record at a multiple of 64 bytes.
std::string archive(const NamedTensors& tensors) {
  std::string bytes;
  caffe2::serialize::PyTorchStreamWriter writer([&bytes](const void* data, std::size_t size) {
    bytes.append(static_cast<const char*>(data), size);
    return size;
  });
  const std::string data = pickle(tensors);
  writer.writeRecord("data.pkl", data.data(), data.size());
  constexpr std::string_view byte_order = "little";
  writer.writeRecord("byteorder", byte_order.data(), byte_order.size());
  for (std::size_t i = 0; i < tensors.size(); ++i)
    writer.writeRecord(fmt::format("data/{}", i), tensors[i].second.data_ptr(), tensors[i].second.nbytes());
  writer.writeEndOfFile();
  return bytes;
}

}  // namespace

void save_pytorch(const std::filesystem::path& path, const Tensors& content) {
  NamedTensors plain;
  try {
    plain = writable(content.tensors);
  } catch (const Refusal& refusal) {
    cannot_write(path, refusal);
  }
  const std::string bytes = archive(plain);
  write_whole_file(path, std::array<std::string_view, 1>{bytes});
}

}  // namespace aviary::weights
