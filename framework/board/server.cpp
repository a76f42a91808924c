#include "board/server.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <optional>
#include <sstream>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <httplib.h>
#include <nlohmann/json.hpp>

#include <aviary/error.hpp>

#include "board/runs.hpp"
#include "results/curves.hpp"
#include "results/pages.hpp"

namespace fs = std::filesystem;
using nlohmann::ordered_json;

namespace aviary::board {
namespace {

using namespace std::chrono_literals;

// The page brings its scripts and styles along, and fetches from here alone.
constexpr const char* page_policy =
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

bool is_number(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  return ::inet_pton(AF_INET, host.c_str(), address.data()) == 1 ||
         (bracketed && ::inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), address.data()) == 1);
}

std::string machine_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

// Whether a browser that was led here by a name of somebody else's would say this (DNS rebinding). Who serves on another
// address than the loopback's means to be reached by that, whose numbers no name stands for.
bool is_our_host(const std::string& header, const std::string& bound, int port) {
  const std::string suffix = fmt::format(":{}", port);
  if (!header.ends_with(suffix)) return false;
  const std::string host = header.substr(0, header.size() - suffix.size());
  if (host == "localhost" || host == "127.0.0.1" || host == "[::1]" || host == bound) return true;
  const bool loopback = bound == "127.0.0.1" || bound == "localhost" || bound == "::1";
  return !loopback && (is_number(host) || host == machine_name());
}

std::string signature(const Run& run) {
  std::error_code error;
  const auto size = fs::file_size(run.folder / "events.jsonl", error);
  const bool report = fs::exists(run.folder / "report.html", error);
  return fmt::format("{} {} {}", size, to_string(run.state), report);
}

// What is below the folder, read again every second, and what has changed, for those who wait for that.
class Watched {
 public:
  explicit Watched(fs::path folder) : folder_(std::move(folder)) { read(); }

  std::vector<Run> runs() const {
    const std::lock_guard lock(mutex_);
    return runs_;
  }

  std::optional<Run> find(const std::string& name) const {
    const std::lock_guard lock(mutex_);
    const auto found = std::ranges::find(runs_, name, &Run::name);
    return found == runs_.end() ? std::nullopt : std::optional(*found);
  }

  void read() {
    std::vector<Run> runs;
    try {
      runs = list_runs(folder_).runs;
    } catch (const Error&) {
      // The folder may be away for a moment; then there are none.
    }
    std::map<std::string, std::string> signatures;
    for (const Run& run : runs) signatures.emplace(run.name, signature(run));
    std::vector<std::string> changed;
    const std::lock_guard lock(mutex_);
    for (const auto& [name, now] : signatures)
      if (const auto before = signatures_.find(name); before == signatures_.end() || before->second != now)
        changed.push_back(name);
    for (const auto& [name, before] : signatures_)
      if (!signatures.contains(name)) changed.push_back(name);
    runs_ = std::move(runs);
    signatures_ = std::move(signatures);
    if (changed.empty()) return;
    changed_ = std::move(changed);
    ++version_;
    news_.notify_all();
  }

  std::uint64_t version() const {
    const std::lock_guard lock(mutex_);
    return version_;
  }

  /// The names of what changed since `version`, which moves on; none for a quarter of a minute: empty.
  std::vector<std::string> wait(std::uint64_t& version, const std::atomic<bool>& stop) {
    std::unique_lock lock(mutex_);
    news_.wait_for(lock, 15s, [&] { return stop || version_ != version; });
    if (version_ == version) return {};
    std::vector<std::string> all;
    if (version_ == version + 1)
      all = changed_;
    else
      std::ranges::transform(runs_, std::back_inserter(all), &Run::name);
    version = version_;
    return all;
  }

  void wake() { news_.notify_all(); }

 private:
  fs::path folder_;
  mutable std::mutex mutex_;
  std::condition_variable news_;
  std::vector<Run> runs_;
  std::map<std::string, std::string> signatures_;
  std::vector<std::string> changed_;
  std::uint64_t version_ = 0;
};

class Board {
 public:
  Board(const Service& service, const std::atomic<bool>& stop)
      : root_(fs::canonical(service.folder)), watched_(service.folder), stop_(stop) {}

  void add_routes(httplib::Server& server, const std::string& address, int port) {
    server.set_pre_routing_handler([=](const httplib::Request& request, httplib::Response& response) {
      if (!is_our_host(request.get_header_value("Host"), address, port))
        return refuse(response, 403, fmt::format("this board answers at localhost:{} only", port));
      if (request.method != "GET" && request.method != "HEAD") return refuse(response, 405, "this board can only be read");
      return httplib::Server::HandlerResponse::Unhandled;
    });
    server.set_default_headers({{"X-Content-Type-Options", "nosniff"},
                                {"Referrer-Policy", "no-referrer"},
                                {"Cache-Control", "no-store"},
                                {"Content-Security-Policy", page_policy}});
    server.Get("/", [this](const httplib::Request&, httplib::Response& response) {
      response.set_content(results::page("board", {{"folder", root_.string()}}), "text/html; charset=utf-8");
    });
    server.Get("/api/runs", [this](const httplib::Request&, httplib::Response& response) {
      auto runs = ordered_json::array();
      for (const Run& run : watched_.runs()) runs.push_back(to_json(run));
      answer(response, {{"runs", std::move(runs)}});
    });
    server.Get("/api/curves", [this](const httplib::Request& request, httplib::Response& response) {
      if (const auto run = asked_for(request, response, "run", {"events.jsonl", "environment.json"}))
        answer(response, results::read_curves(results::RunFolder::at(run->folder)));
    });
    server.Get("/api/diff", [this](const httplib::Request& request, httplib::Response& response) {
      const auto before = asked_for(request, response, "a", {"environment.json"});
      const auto after = asked_for(request, response, "b", {"environment.json"});
      if (!before || !after) return;
      auto changes = ordered_json::array();
      for (const recipe::Change& change : recipe_changes(before->folder, after->folder))
        changes.push_back({{"key", change.key}, {"before", change.before}, {"after", change.after}});
      answer(response, {{"changes", std::move(changes)}});
    });
    server.Get("/report", [this](const httplib::Request& request, httplib::Response& response) {
      if (const auto run = asked_for(request, response, "run", {"report.html"})) send_report(*run, response);
    });
    server.Get("/api/events", [this](const httplib::Request&, httplib::Response& response) {
      response.set_chunked_content_provider("text/event-stream",
                                            [this, version = watched_.version()](std::size_t, httplib::DataSink& sink) mutable {
                                              return send_event(version, sink);
                                            });
    });
    server.set_exception_handler([](const httplib::Request&, httplib::Response& response, std::exception_ptr failure) {
      try {
        std::rethrow_exception(std::move(failure));
      } catch (const Error& error) {
        refuse(response, 500, error.what());
      } catch (const std::exception&) {
        refuse(response, 500, "a file of this run is damaged");
      }
    });
  }

  /// Until `stop` is set.
  void watch() {
    while (!stop_) {
      for (int i = 0; i < 10 && !stop_; ++i) std::this_thread::sleep_for(100ms);
      if (!stop_) watched_.read();
    }
    watched_.wake();
  }

 private:
  static httplib::Server::HandlerResponse refuse(httplib::Response& response, int status, const std::string& sentence) {
    response.status = status;
    response.set_content(sentence + "\n", "text/plain; charset=utf-8");
    return httplib::Server::HandlerResponse::Handled;
  }

  static void answer(httplib::Response& response, const ordered_json& json) {
    response.set_content(json.dump(-1, ' ', false, ordered_json::error_handler_t::replace), "application/json");
  }

  // Whether a link has put it elsewhere.
  bool is_inside(const fs::path& file) const {
    std::error_code error;
    const fs::path real = fs::weakly_canonical(file, error);
    return !error && std::ranges::mismatch(root_, real).in1 == root_.end();
  }

  std::optional<Run> asked_for(const httplib::Request& request, httplib::Response& response, const char* parameter,
                               std::initializer_list<const char*> files) const {
    std::optional<Run> run = watched_.find(request.get_param_value(parameter));
    if (run && std::ranges::all_of(files, [&](const char* file) { return is_inside(run->folder / file); })) return run;
    refuse(response, 404, "there is no such run");
    return std::nullopt;
  }

  static void send_report(const Run& run, httplib::Response& response) {
    std::ifstream stream(run.folder / "report.html", std::ios::binary);
    if (!stream) {
      refuse(response, 404, "this run has no report yet");
      return;
    }
    std::ostringstream text;
    text << stream.rdbuf();
    response.set_header("Content-Security-Policy", "sandbox allow-scripts");  // the run may be somebody else's
    response.set_content(std::move(text).str(), "text/html; charset=utf-8");
  }

  // A comment where there is no news, which shows whether someone still listens.
  bool send_event(std::uint64_t& version, httplib::DataSink& sink) {
    const std::vector<std::string> changed = watched_.wait(version, stop_);
    if (stop_) return false;
    const ordered_json data = {{"runs", changed}};
    const std::string text = changed.empty() ? ": nothing new\n\n"
                                             : fmt::format("event: runs\ndata: {}\n\n",
                                                           data.dump(-1, ' ', false, ordered_json::error_handler_t::replace));
    return sink.write(text.data(), text.size());
  }

  fs::path root_;
  Watched watched_;
  const std::atomic<bool>& stop_;
};

// A port that another program has is refused; the library's own setting would share it with one that has the same.
void set_options(socket_t socket) {
  const int yes = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
}

}  // namespace

void serve(const Service& service, const std::atomic<bool>& stop, const std::function<void(const std::string&)>& begun) {
  static_cast<void>(results::page("board", ordered_json::object()));  // throws where there is none
  static_cast<void>(list_runs(service.folder));
  Board board(service, stop);
  httplib::Server server;
  server.new_task_queue = [] { return new httplib::ThreadPool(64); };  // an open page keeps one
  server.set_socket_options(set_options);
  server.set_keep_alive_timeout(1);  // so long Ctrl-C waits for idle connections
  int port = service.port;
  if (port == 0)
    port = server.bind_to_any_port(service.address);
  else if (!server.bind_to_port(service.address, port))
    port = -1;
  if (port < 0)
    throw Error(fmt::format("cannot serve on {} port {}: {}; choose another port: --serve PORT", service.address, service.port,
                            std::generic_category().message(errno)));
  board.add_routes(server, service.address, port);
  begun(fmt::format("http://{}:{}/", service.address, port));
  const std::jthread watcher([&] {
    board.watch();
    server.stop();
  });
  server.listen_after_bind();
}

}  // namespace aviary::board
