#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "weights/dtype.hpp"
#include "weights/input_file.hpp"
#include "weights/pickle.hpp"
#include "weights/pytorch.hpp"
#include "weights/refusal.hpp"
#include "weights/tensor_checks.hpp"
#include "weights/zip_archive.hpp"

namespace aviary::weights {

namespace {

constexpr std::string_view save_again = "save it again with torch.save(model.state_dict(), FILE)";

/// torch.save before 1.6 writes several pickles one after the other. The first instruction of any gives its protocol.
void check_begin(const std::filesystem::path& path) {
  InputFile file(path);
  if (file.size() == 0) throw Refusal("it is empty; copy it again");
  unsigned char first = 0;
  file.read(&first, 1);
  if (first == 0x80)
    throw Refusal(
        "it has the format of PyTorch before 1.6, a pickle without a zip file; save it again with PyTorch 1.6 or later: "
        "torch.save(torch.load(FILE), NEW_FILE)");
}

/// The folder that all records are in, with its slash: "archive/".
std::string find_folder(const ZipArchive& archive) {
  std::vector<std::string> folders;
  for (const auto& [name, record] : archive.records()) {
    const std::size_t slash = name.find('/');
    if (slash != std::string::npos && name.substr(slash) == "/data.pkl") folders.push_back(name.substr(0, slash + 1));
  }
  if (folders.size() != 1)
    throw Refusal(fmt::format("it is a zip file with {} uncompressed data.pkl, where torch.save writes one; {}",
                              folders.empty() ? "no" : "more than one", save_again));
  return folders.front();
}

std::string read_text(const ZipArchive& archive, const std::string& name) {
  std::string text(archive.records().at(name).bytes, '\0');
  archive.read(name, text.data());
  return text;
}

void check_kind(const ZipArchive& archive, const std::string& folder) {
  if (archive.records().contains(folder + "constants.pkl"))
    throw Refusal("it is a TorchScript program; save its weights with torch.save(torch.jit.load(FILE).state_dict(), NEW_FILE)");
  if (archive.records().contains(folder + "byteorder") && read_text(archive, folder + "byteorder") != "little")
    throw Refusal("its values are not little-endian; save it again on a little-endian machine");
}

/// Reads each storage once, when a tensor first asks for it.
class Storages {
 public:
  Storages(const ZipArchive& archive, std::string folder) : archive_(archive), folder_(std::move(folder)) {}

  /// All values of the storage, in one dimension.
  const at::Tensor& get(std::string_view tensor, const StorageEntry& entry) {
    const auto [found, is_new] = read_.try_emplace(std::string(entry.key));
    if (is_new) found->second = read(tensor, entry);
    if (found->second.scalar_type() != entry.type || found->second.numel() != entry.elements)
      throw Refusal(fmt::format("tensor {} has another idea of its storage {} than the tensors before it", in_quotes(tensor),
                                in_quotes(entry.key)));
    return found->second;
  }

 private:
  at::Tensor read(std::string_view tensor, const StorageEntry& entry) const {
    const std::string name = folder_ + "data/" + std::string(entry.key);
    const auto record = archive_.records().find(name);
    if (record == archive_.records().end())
      throw Refusal(fmt::format("the record {} with the values of tensor {} is missing or compressed", in_quotes(name),
                                in_quotes(tensor)));
    if (entry.elements < 0 || count_bytes(tensor, entry.type, entry.elements) != record->second.bytes)
      throw Refusal(fmt::format("tensor {} claims {} values of type {}, but its record has {} bytes", in_quotes(tensor),
                                entry.elements, find_dtype(&Dtype::type, entry.type)->name, record->second.bytes));
    at::Tensor values = at::empty(entry.elements, at::TensorOptions().dtype(entry.type));
    archive_.read(name, values.data_ptr());
    check_bools(tensor, values);
    return values;
  }

  const ZipArchive& archive_;
  std::string folder_;
  std::map<std::string, at::Tensor> read_;
};

/// Throws unless the view lies within its storage. An expanded one would let a small file ask for any amount of memory as soon
/// as it is copied.
void check_view(std::string_view name, const ViewEntry& view) {
  const auto refuse = [&](std::string_view why) { throw Refusal(fmt::format("tensor {} {}", in_quotes(name), why)); };
  const auto negative = [](std::int64_t number) { return number < 0; };
  if (view.sizes.size() != view.strides.size()) refuse("does not have a stride for every size");
  if (view.offset < 0 || std::ranges::any_of(view.sizes, negative) || std::ranges::any_of(view.strides, negative))
    refuse("has a negative size, stride or offset");
  const std::uint64_t bytes = count_bytes(name, view.storage.type, view.sizes);
  if (bytes == 0 && view.offset > view.storage.elements)
    refuse(fmt::format("begins at place {} of its storage, which ends at {}", view.offset, view.storage.elements));
  if (bytes == 0) return;
  std::int64_t last = view.offset;
  for (std::size_t i = 0; i < view.sizes.size(); ++i) {
    std::int64_t step = 0;
    if (__builtin_mul_overflow(view.sizes[i] - 1, view.strides[i], &step) || __builtin_add_overflow(last, step, &last))
      refuse("reaches beyond any storage");
  }
  if (last >= view.storage.elements)
    refuse(fmt::format("has a value at place {} of its storage, which ends at {}", last, view.storage.elements));
  const std::uint64_t elements = bytes / c10::elementSize(view.storage.type);
  if (elements > static_cast<std::uint64_t>(view.storage.elements))
    refuse(fmt::format("has {} values, but was expanded from {}; call contiguous() on it before torch.save", elements,
                       view.storage.elements));
}

at::Tensor make_tensor(std::string_view name, const ViewEntry& view, Storages& storages) {
  const at::Tensor& storage = storages.get(name, view.storage);
  check_view(name, view);
  // The strides of an empty one may be absurd.
  if (std::ranges::find(view.sizes, 0) != view.sizes.end()) return at::empty(view.sizes, storage.options());
  return storage.as_strided(view.sizes, view.strides, view.offset);
}

bool is_tensor(const Value& value) { return std::holds_alternative<ViewEntry>(value.content); }

bool holds_tensors(const Dict& dict) {
  return std::ranges::any_of(dict.items, [](const auto& item) { return is_tensor(*item.second); });
}

const std::string_view* text_of(const Value& value) { return std::get_if<std::string_view>(&value.content); }

/// The dict of tensors of that name, the last one as in Python; nullptr when it is something else.
const Dict* tensors_under(std::string_view name, const Dict& dict) {
  const auto found = std::find_if(dict.items.rbegin(), dict.items.rend(), [&](const auto& item) {
    const std::string_view* const key = text_of(*item.first);
    return key != nullptr && *key == name;
  });
  if (found == dict.items.rend()) return nullptr;
  const auto* const inner = std::get_if<Dict>(&found->second->content);
  return inner != nullptr && holds_tensors(*inner) ? inner : nullptr;
}

std::string names_of(const Dict& dict) {
  std::vector<std::string> names;
  for (const auto& [key, value] : dict.items) {
    if (names.size() == 5) break;
    if (const std::string_view* const name = text_of(*key)) names.push_back(in_quotes(*name));
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

const Dict& find_state_dict(const Value& top) {
  const auto* const dict = std::get_if<Dict>(&top.content);
  if (dict == nullptr) throw Refusal(fmt::format("it holds {}, not a state_dict; {}", kind_of(top), save_again));
  if (dict->items.empty() || holds_tensors(*dict)) return *dict;
  const Dict* const inner = tensors_under("state_dict", *dict);
  const Dict* const model = tensors_under("model", *dict);
  if ((inner == nullptr) == (model == nullptr))
    throw Refusal(fmt::format("it holds a dict with {}, and {} state_dict as \"state_dict\" or \"model\"; {}", names_of(*dict),
                              inner == nullptr ? "no" : "more than one", save_again));
  return inner != nullptr ? *inner : *model;
}

Tensors read(const std::filesystem::path& path) {
  check_begin(path);
  const ZipArchive archive(path);
  const std::string folder = find_folder(archive);
  check_kind(archive, folder);
  const std::string bytes = read_text(archive, folder + "data.pkl");
  const Pickle pickle(bytes);
  Storages storages(archive, folder);
  Tensors content;
  std::set<std::string_view> names;
  for (const auto& [key, value] : find_state_dict(pickle.top()).items) {
    const std::string_view* const name = text_of(*key);
    if (name == nullptr) throw Refusal(fmt::format("its state_dict has {} for a name; {}", kind_of(*key), save_again));
    if (!is_tensor(*value))
      throw Refusal(fmt::format("{} in its state_dict is {}, not a tensor; take it out before torch.save", in_quotes(*name),
                                kind_of(*value)));
    if (!names.insert(*name).second) throw Refusal(fmt::format("its state_dict has {} twice", in_quotes(*name)));
    content.tensors.emplace_back(*name, make_tensor(*name, std::get<ViewEntry>(value->content), storages));
  }
  return content;
}

}  // namespace

Tensors load_pytorch(const std::filesystem::path& path) {
  try {
    return read(path);
  } catch (const Refusal& refusal) {
    cannot_read(path, refusal);
  }
}

}  // namespace aviary::weights
