// Posts each event to an address, as JSON. Secrets stay out of recipes: ${NAME} in the address's path or in a header is taken
// from the environment when a training begins, and no message shows it.
#include <aviary/event_sink.hpp>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include <httplib.h>

#include <aviary/error.hpp>

namespace {

struct Params {
  std::string url;
  std::vector<std::string> headers;
  double timeout = 10;

  static void declare(aviary::ParamList<Params>& list);
};

// Scheme, host and port; path. A user name in front of the host would be a secret.
const std::regex address(R"((https?://(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:]+\])(?::[0-9]{1,5})?)(/[^\s#]*)?)");
const std::regex header(R"(([A-Za-z0-9!#$%&'*+.^_`|~-]+): *([^\x00-\x1f]+))");
const std::regex secret_header(R"((proxy-)?authorization:.*|cookie:.*)", std::regex::icase);
const std::regex placeholder(R"(\$\{([A-Za-z_][A-Za-z0-9_]*)\})");

bool all_match(const std::vector<std::string>& texts, const std::regex& form) {
  return std::ranges::all_of(texts, [&](const std::string& text) { return std::regex_match(text, form); });
}

bool hides_secrets(const std::vector<std::string>& headers) {
  return std::ranges::all_of(headers, [](const std::string& text) {
    return !std::regex_match(text, secret_header) || std::regex_search(text, placeholder);
  });
}

void Params::declare(aviary::ParamList<Params>& list) {
  list.add("url", &Params::url, "where each event is posted; ${NAME} in its path is taken from the environment").required();
  list.add("headers", &Params::headers, "sent with each event, such as \"Authorization: Bearer ${NAME}\"");
  list.add("timeout", &Params::timeout, "seconds that connecting, sending and the answer may take, each")
      .above(0)
      .at_most(600)
      .usual("10");
  list.rule(
      "url", [](const Params& params) { return std::regex_match(params.url, address); },
      "is not an address to post to; expected http://HOST/PATH or https://HOST/PATH");
  list.rule(
      "headers", [](const Params& params) { return all_match(params.headers, header); },
      "has one that is none; expected \"NAME: VALUE\"");
  list.rule(
      "headers", [](const Params& params) { return hides_secrets(params.headers); },
      "holds a secret, which everyone who gets the recipe would read; put it into the environment, and write ${NAME} for it");
}

// With the environment's values for all ${NAME}.
std::string filled_in(const std::string& text) {
  std::string filled;
  std::string rest = text;
  for (std::smatch found; std::regex_search(rest, found, placeholder); rest = found.suffix()) {
    const std::string name = found[1];
    const char* const value = std::getenv(name.c_str());
    if (value == nullptr || std::string_view(value).find_first_of("\r\n") != std::string_view::npos)
      throw aviary::Error("the environment variable " + name +
                              (value == nullptr ? " is not set; export it before the training" : " has a line break"),
                          aviary::Fault::usage);
    filled += found.prefix().str() + value;
  }
  return filled + rest;
}

httplib::Headers filled_in(const std::vector<std::string>& texts) {
  httplib::Headers headers;
  for (const std::string& text : texts) {
    std::smatch parts;
    std::regex_match(text, parts, header);
    headers.emplace(parts[1], filled_in(parts[2]));
  }
  return headers;
}

std::smatch parts_of(const std::string& url) {
  std::smatch parts;
  std::regex_match(url, parts, address);
  return parts;
}

std::string in_words(httplib::Error error) {
  switch (error) {
    case httplib::Error::Connection: return "cannot be reached";
    case httplib::Error::ConnectionTimeout: return "cannot be reached in time";
    case httplib::Error::Read: return "does not answer";
    case httplib::Error::Write: return "does not take it";
    case httplib::Error::SSLConnection: return "does not speak TLS";
    case httplib::Error::SSLServerVerification: return "has a certificate that is not to be trusted";
    default: return "fails (" + httplib::to_string(error) + ")";
  }
}

class Webhook final : public aviary::EventSink {
 public:
  explicit Webhook(const Params& params)
      : url_(params.url),
        path_(filled_in(parts_of(url_)[2])),
        headers_(filled_in(params.headers)),
        client_(parts_of(url_)[1].str()) {
    if (path_.empty()) path_ = "/";
    const auto timeout = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::duration<double>(params.timeout));
    client_.set_connection_timeout(timeout);
    client_.set_write_timeout(timeout);
    client_.set_read_timeout(timeout);
  }

  // A redirection is not followed: the headers are for this address alone.
  void write(const std::string& event) override {
    const httplib::Result answer = client_.Post(path_, headers_, event, "application/json");
    if (!answer) throw aviary::Error(url_ + ' ' + in_words(answer.error()));
    if (answer->status < 200 || answer->status > 299)
      throw aviary::Error(url_ + " answers " + std::to_string(answer->status) + ", expected 200 to 299");
  }

 private:
  std::string url_;  // as the recipe has it
  std::string path_;
  httplib::Headers headers_;
  httplib::Client client_;
};

}  // namespace

AVIARY_EVENT_SINK("webhook", Webhook, Params, "Post each event to an address, as JSON")
