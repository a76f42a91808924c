#include "distributed/world.hpp"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string_view>
#include <utility>

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>
#include <fmt/format.h>
#include <torch/version.h>

#if defined(USE_C10D_GLOO) && __has_include(<gloo/algorithm.h>)
#define AVIARY_GLOO
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#if defined(USE_C10D_NCCL) && __has_include(<nccl.h>)
#define AVIARY_NCCL
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif
#endif

#include <aviary/error.hpp>

#include "plugins/foreign_error.hpp"

namespace aviary::distributed {

#ifdef AVIARY_GLOO
#if TORCH_VERSION_MAJOR >= 2
using Transport = c10d::Backend;
#else
using Transport = c10d::ProcessGroup;
#endif

namespace {

constexpr std::chrono::minutes meeting_time(5);

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown host";
}

// This machine's own address on the way to that one: what other processes reach it by.
std::string address_towards(const std::string& address, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(address.c_str(), std::to_string(port).c_str(), &hints, &found); error != 0)
    throw Error(fmt::format("MASTER_ADDR is \"{}\", which is no known host: {}", address, ::gai_strerror(error)), Fault::usage);
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, &::freeaddrinfo);
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    const int socket = ::socket(each->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket < 0) continue;
    sockaddr_storage own{};
    socklen_t size = sizeof own;
    std::array<char, NI_MAXHOST> text{};
    const bool known =
        ::connect(socket, each->ai_addr, each->ai_addrlen) == 0 &&  // sends nothing
        ::getsockname(socket, reinterpret_cast<sockaddr*>(&own), &size) == 0 &&
        ::getnameinfo(reinterpret_cast<sockaddr*>(&own), size, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) == 0;
    ::close(socket);
    if (known) return text.data();
  }
  throw Error(fmt::format("MASTER_ADDR is \"{}\", to which this machine knows no way", address), Fault::usage);
}

// Debian 13's LibTorch has the store's newer server as the default, but is built without it.
void use_plain_server(auto& options) {
  if constexpr (requires { options.useLibUV; }) options.useLibUV = false;
}

c10::intrusive_ptr<c10d::Store> store_of(const Launch& launch, bool meets) {
  c10d::TCPStoreOptions options;
  options.port = launch.port;
  options.isServer = meets && launch.rank == 0 && !launch.hosted;
  if (meets) options.numWorkers = static_cast<std::size_t>(launch.size);
  options.waitWorkers = meets;
  options.timeout = meeting_time;
  use_plain_server(options);
  return c10::make_intrusive<c10d::PrefixStore>("aviary/" + launch.attempt,
                                                c10::make_intrusive<c10d::TCPStore>(launch.address, options));
}

void put(c10d::Store& store, const std::string& key, const std::string& text) {
  store.set(key, std::vector<std::uint8_t>(text.begin(), text.end()));
}

std::string get(c10d::Store& store, const std::string& key) {
  const std::vector<std::uint8_t> bytes = store.get(key);
  return {bytes.begin(), bytes.end()};
}

class StoredSigns final : public Signs {
 public:
  explicit StoredSigns(c10::intrusive_ptr<c10d::Store> store) : store_(std::move(store)) {}
  long count(const std::string& name, long up) override { return store_->add(name, up); }
  void put(const std::string& name, const std::string& text) override { distributed::put(*store_, name, text); }
  std::optional<std::string> find(const std::string& name) override {
    return store_->check({name}) ? std::optional(get(*store_, name)) : std::nullopt;
  }

 private:
  c10::intrusive_ptr<c10d::Store> store_;
};

c10::intrusive_ptr<c10d::ProcessGroupGloo::Options> gloo_options(const std::string& own_address) {
  auto options = c10d::ProcessGroupGloo::Options::create();
  const char* const interface = std::getenv("GLOO_SOCKET_IFNAME");
  options->devices = {interface != nullptr ? c10d::ProcessGroupGloo::createDeviceForInterface(interface)
                                           : c10d::ProcessGroupGloo::createDeviceForHostname(own_address)};
  return options;
}

bool is_loopback(const std::string& address) { return address.starts_with("127.") || address == "::1"; }

}  // namespace

struct World::Group {
  Group(const Launch& launch, const std::string& own_address) : rank(launch.rank), store(store_of(launch, true)) {
    put(*store, fmt::format("host/{}", rank), host_name());
    std::vector<std::string> hosts;
    for (int other = 0; other < launch.size; ++other) {
      hosts.push_back(get(*store, fmt::format("host/{}", other)));
      names.push_back(fmt::format("rank {} ({})", other, hosts.back()));
    }
    on_this_machine = static_cast<int>(std::ranges::count(hosts, host_name()));
    place = static_cast<int>(std::count(hosts.begin(), hosts.begin() + rank, host_name()));
    if (on_this_machine < launch.size && is_loopback(own_address) && std::getenv("GLOO_SOCKET_IFNAME") == nullptr)
      throw Error(
          fmt::format("{} meets the others at {}, which it knows as its own loopback address; other machines reach it by "
                      "another: set MASTER_ADDR to that, or GLOO_SOCKET_IFNAME to its network interface",
                      names[static_cast<std::size_t>(rank)], launch.address),
          Fault::usage);
    const auto end = [advice = advice](const std::string& why) {
      const std::lock_guard lock(advice->mutex);
      fmt::print(stderr, "aviary: {}{}\n", why, advice->text);
      std::fflush(nullptr);
      std::_Exit(1);
    };
    watch = std::make_unique<Watch>(std::make_unique<StoredSigns>(store_of(launch, false)),
                                    WatchOptions{.rank = rank, .names = names, .end = end});
    gloo = c10::make_intrusive<c10d::ProcessGroupGloo>(store, rank, launch.size, gloo_options(own_address));
  }
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;
  // Their threads may wait for a process that is gone; they end with the program.
  ~Group() {
    gloo.release();
    gpus.release();
  }

  // What takes these numbers to the others. From one GPU to another NCCL knows the shortest way.
  Transport& transport([[maybe_unused]] const at::Tensor& numbers) {
#ifdef AVIARY_NCCL
    if (numbers.is_cuda()) {
      if (!gpus)
        gpus = c10::make_intrusive<c10d::ProcessGroupNCCL>(c10::make_intrusive<c10d::PrefixStore>("gpus", store), rank,
                                                           static_cast<int>(names.size()));
      return *gpus;
    }
#endif
    return *gloo;
  }

  // Looks up now and then whether those that it waits for are still there.
  void wait(c10d::Work& work) const {
    while (!work.isCompleted()) {
      try {
        look(work);
      } catch (const std::exception&) {  // not yet, or failed, which is told below
      }
      if (!work.isCompleted()) watch->check();
    }
    try {
      work.wait();
    } catch (const std::exception&) {
      const std::string reason = plugins::describe_exception_in_flight().summary;
      watch->wait_for_loss();
      throw Error("the network to the other processes failed; LibTorch says: " + reason);
    }
  }

  // Waits for a part of the time. NCCL takes a limit for the end of the whole communication.
  static void look(c10d::Work& work) {
#ifdef AVIARY_NCCL
    if (dynamic_cast<c10d::ProcessGroupNCCL::WorkNCCL*>(&work) != nullptr)
      return std::this_thread::sleep_for(std::chrono::microseconds(50));
#endif
    work.wait(std::chrono::seconds(1));
  }

  struct Advice {
    std::mutex mutex;
    std::string text;
  };

  const int rank;
  std::vector<std::string> names;
  int on_this_machine = 1;
  int place = 0;  // among those
  std::shared_ptr<Advice> advice = std::make_shared<Advice>();
  c10::intrusive_ptr<c10d::Store> store;
  std::unique_ptr<Watch> watch;
  c10::intrusive_ptr<Transport> gloo;
  c10::intrusive_ptr<Transport> gpus;  // NCCL's, once something on one is shared
};

World World::join(const Launch& launch) {
  const std::string own_address = address_towards(launch.address, launch.port);
  // NCCL's own watch would end this process where another one is lost, before it has saved.
  ::setenv("TORCH_NCCL_ASYNC_ERROR_HANDLING", "0", 0);
  World world;
  try {
    world.group_ = std::make_shared<Group>(launch, own_address);
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    const plugins::ForeignError foreign = plugins::describe_exception_in_flight();
    throw Error(fmt::format("rank {} cannot meet the other {} processes at {}:{} (MASTER_ADDR and MASTER_PORT): {}",
                            launch.rank, launch.size - 1, launch.address, launch.port, foreign.summary),
                Fault::usage, error.what());
  }
  return world;
}

int World::rank() const { return group_ ? group_->rank : 0; }

int World::size() const { return group_ ? static_cast<int>(group_->names.size()) : 1; }

int World::on_this_machine() const { return group_ ? group_->on_this_machine : 1; }

int World::place_on_this_machine() const { return group_ ? group_->place : 0; }

const std::string& World::name(int rank) const { return group_->names.at(static_cast<std::size_t>(rank)); }

World::Pending World::begin_sum(const at::Tensor& numbers) const {
  if (!group_ || numbers.numel() == 0) return {};
  std::vector<at::Tensor> tensors = {numbers};
  const c10::intrusive_ptr<c10d::Work> work = group_->transport(numbers).allreduce(tensors);
  return {std::make_shared<c10::intrusive_ptr<c10d::Work>>(work)};
}

void World::finish(const Pending& sum) const {
  if (sum.work) group_->wait(**static_cast<c10::intrusive_ptr<c10d::Work>*>(sum.work.get()));
}

void World::take_first(const at::Tensor& numbers) const {
  if (!group_ || numbers.numel() == 0) return;
  const c10::AutoGradMode no_gradients(false);
  std::vector<at::Tensor> copy = {numbers.detach().contiguous()};
  group_->wait(*group_->transport(numbers).broadcast(copy));
  if (!leads()) numbers.detach().copy_(copy.front());
}

void World::check() const {
  if (group_) group_->watch->check();
}

void World::advise(const std::string& text) const {
  if (!group_) return;
  const std::lock_guard lock(group_->advice->mutex);
  group_->advice->text = "; " + text;
}

std::string World::with_advice(const std::string& sentence) const {
  if (!group_) return sentence;
  const std::lock_guard lock(group_->advice->mutex);
  return sentence + group_->advice->text;
}

void World::fail(const std::string& why, bool sound) const {
  if (!group_) return;
  group_->watch->fail(why, sound);
  stay_alone();
}

void World::stay_alone() const {
  if (group_ && leads()) group_->watch->leave();
}

void World::leave() const {
  if (!group_) return;
  group_->wait(*group_->gloo->barrier());
  group_->watch->leave();
  // Where rank 0 holds the store, it goes last.
  if (group_->store->add("left", 1); !leads()) return;
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (group_->store->add("left", 0) < size() && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
}
#else
struct World::Group {};

World World::join(const Launch&) {
  throw Error(
      "this aviary was built without Gloo, by which processes train together; install Gloo's headers (Debian: "
      "libgloo-dev) and build it again",
      Fault::usage);
}

int World::rank() const { return 0; }
int World::size() const { return 1; }
int World::on_this_machine() const { return 1; }
int World::place_on_this_machine() const { return 0; }
const std::string& World::name(int) const {
  static const std::string alone = "rank 0";
  return alone;
}
World::Pending World::begin_sum(const at::Tensor&) const { return {}; }
void World::finish(const Pending&) const {}
void World::take_first(const at::Tensor&) const {}
void World::check() const {}
void World::advise(const std::string&) const {}
std::string World::with_advice(const std::string& sentence) const { return sentence; }
void World::fail(const std::string&, bool) const {}
void World::stay_alone() const {}
void World::leave() const {}
#endif

void World::sum(std::span<double> numbers) const {
  // Gloo may still write into what it has after PeerLost.
  const at::Tensor shared = at::from_blob(numbers.data(), {std::ssize(numbers)}, at::kDouble).clone();
  sum(shared);
  std::copy_n(shared.data_ptr<double>(), numbers.size(), numbers.begin());
}

at::Tensor World::gathered(const at::Tensor& rows) const {
  if (!group_) return rows;
  const at::Tensor counts = at::zeros({size()}, at::kLong);
  auto* const count = counts.data_ptr<std::int64_t>();
  count[rank()] = rows.size(0);
  sum(counts);
  std::int64_t before = 0;
  std::int64_t all = 0;
  for (int other = 0; other < size(); ++other) {
    if (other < rank()) before += count[other];
    all += count[other];
  }
  std::vector<std::int64_t> shape = rows.sizes().vec();
  shape.front() = all;
  at::Tensor together = at::zeros(shape, rows.options());
  together.narrow(0, before, rows.size(0)).copy_(rows);
  sum(together);
  return together;
}

std::vector<std::string> World::gathered(const std::string& text) const {
  const auto length = static_cast<std::int64_t>(text.size());
  const at::Tensor lengths = gathered(at::tensor(std::vector<std::int64_t>{length}, at::kLong));
  const at::Tensor bytes = at::empty({length}, at::kByte);
  std::copy_n(text.begin(), text.size(), static_cast<char*>(bytes.data_ptr()));
  const at::Tensor all = gathered(bytes);
  std::vector<std::string> texts;
  const auto* next = static_cast<const char*>(all.data_ptr());
  for (std::int64_t i = 0; i < lengths.numel(); ++i) {
    const auto size = static_cast<std::size_t>(lengths.data_ptr<std::int64_t>()[i]);
    texts.emplace_back(next, size);
    next += size;
  }
  return texts;
}

std::string World::first(const std::string& text) const { return group_ ? gathered(leads() ? text : "").front() : text; }

}  // namespace aviary::distributed
