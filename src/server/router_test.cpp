// Requests in, answers out: access, routes and the API, without a socket.

#include "server/router.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/random.hpp"
#include "server/null_media_plane.hpp"
#include "server/token.hpp"

namespace parley::server {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kSecret = "0123456789abcdef0123456789abcdef0123";
constexpr std::string_view kAdminKey = "fedcba9876543210fedcba9876543210";
constexpr std::int64_t kNow = 1'900'000'000;

struct BrokenMedia final : NullMediaPlane {
    std::string problem() const override { return "the UDP port is gone"; }
};

class RouterTest : public ::testing::Test {
 protected:
    Settings settings;
    SeededSecret random{1};
    NullMediaPlane media;
    StaticFiles files = StaticFiles::from({{"/index.html", "<h1>app</h1>"},
                                           {"/assets/app-1a2b.js", "let x"},
                                           {"/favicon.svg", "<svg/>"}});
    Counters counters;
    std::unique_ptr<signal::Service> service;
    std::unique_ptr<Router> router;
    RequestTime time{Instant(100s), kNow};
    Caller caller{*net::SocketAddress::parse("127.0.0.1:50000"), true, false};

    void build() {
        signal::Config config;
        config.grant_required = !settings.access.secret.empty();
        service = std::make_unique<signal::Service>(config, random);
        router = std::make_unique<Router>(settings, *service, media, files, counters,
                                          RequestTime{Instant(40s), kNow - 60});
    }
    void SetUp() override { build(); }

    static HttpRequest request(std::string method, std::string target) {
        HttpRequest out;
        out.method = std::move(method);
        out.target = std::move(target);
        out.headers = {{"host", "localhost:8080"}};
        return out;
    }
    static HttpRequest upgrade(std::string target) {
        auto out = request("GET", std::move(target));
        out.headers.insert(out.headers.end(), {{"upgrade", "websocket"},
                                               {"connection", "Upgrade"},
                                               {"sec-websocket-version", "13"},
                                               {"sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="}});
        return out;
    }
    Routed route(HttpRequest r) { return router->route(std::move(r), caller, time); }
    HttpResponse get(std::string target) {
        return route(request("GET", std::move(target))).response;
    }
    static std::string code_of(const HttpResponse& response) {
        return json::parse(response.body)["error"]["code"].get<std::string>();
    }
    static std::string header_of(const HttpResponse& response, std::string_view name) {
        for (const auto& [key, value] : response.headers) {
            if (key == name) return value;
        }
        return {};
    }
    void from_network() {
        caller.remote = *net::SocketAddress::parse("198.51.100.4:50000");
        caller.loopback_listener = false;
    }
    static std::string token_for(std::int64_t expires, const std::string& room = "daily") {
        TokenClaims claims;
        claims.room = room;
        claims.identity = "ada";
        claims.admin = true;
        claims.publish = false;
        claims.expires = expires;
        return make_token(claims, kSecret);
    }
    /// A participant in a room, by the client protocol.
    std::string join(std::uint64_t connection, const std::string& room) {
        signal::ConnectionInfo info;
        info.id = signal::ConnectionId(connection);
        info.remote = caller.remote;
        service->open(info, time.now);
        service->handle_text(info.id, json{{"type", "join"}, {"room", room}}.dump(), time.now);
        std::string id;
        while (const auto output = service->poll_output()) {
            const auto* text = std::get_if<signal::SendText>(&*output);
            if (text == nullptr) continue;
            const auto message = json::parse(text->text);
            if (message["type"] == "welcome") id = message["clientId"];
        }
        return id;
    }
};

TEST_F(RouterTest, ServesTheApp) {
    const auto page = get("/");
    EXPECT_EQ(page.status, 200U);
    EXPECT_EQ(*page.shared_body, "<h1>app</h1>");
    EXPECT_EQ(header_of(page, "Content-Type"), "text/html; charset=utf-8");
    EXPECT_EQ(header_of(page, "Cache-Control"), "no-cache");
    EXPECT_THAT(header_of(page, "Content-Security-Policy"),
                HasSubstr("connect-src 'self' ws://localhost:8080 wss://localhost:8080;"));
    EXPECT_EQ(header_of(page, "X-Content-Type-Options"), "nosniff");
    const auto elsewhere = get("/room/daily?x=1");
    EXPECT_EQ(*elsewhere.shared_body, "<h1>app</h1>") << "it says that there is no page";
    EXPECT_EQ(elsewhere.status, 404U);

    const auto script = get("/assets/app-1a2b.js");
    EXPECT_EQ(header_of(script, "Content-Type"), "text/javascript; charset=utf-8");
    EXPECT_THAT(header_of(script, "Cache-Control"), HasSubstr("immutable"));

    auto again = request("GET", "/favicon.svg");
    again.headers.emplace_back("if-none-match", "W/" + header_of(get("/favicon.svg"), "ETag"));
    EXPECT_EQ(route(again).response.status, 304U);
    EXPECT_EQ(get("/assets/missing.js").status, 404U);
    EXPECT_EQ(route(request("POST", "/")).response.status, 405U);
}

TEST_F(RouterTest, NoPathLeadsOut) {
    for (const char* target :
         {"/../../etc/passwd", "/..%2f..%2fetc%2fpasswd", "/%2e%2e/%2e%2e/etc/passwd.txt",
          "//etc/passwd.txt", "/assets/../../x.txt", "/%00.txt", "/a%0d%0aX:y.txt"}) {
        const auto response = get(target);
        const auto body = response.shared_body ? *response.shared_body : response.body;
        EXPECT_THAT(body, Not(HasSubstr("root:"))) << target;
        EXPECT_TRUE(response.status == 404 || response.status == 400 || body == "<h1>app</h1>")
            << target;
    }
}

TEST_F(RouterTest, AHostCannotSmuggleIntoThePolicy) {
    auto odd = request("GET", "/");
    odd.headers[0].second = "x; script-src *";
    EXPECT_THAT(header_of(route(odd).response, "Content-Security-Policy"),
                Not(HasSubstr("script-src *")));
}

TEST_F(RouterTest, ADirectoryHasAPage) {
    files = StaticFiles::from({{"/index.html", "all"}, {"/one/index.html", "one"}});
    EXPECT_EQ(*route(request("GET", "/one/")).response.shared_body, "one");
    EXPECT_EQ(*route(request("GET", "/two/")).response.shared_body, "all");
}

TEST_F(RouterTest, SaysWhenTheAppIsMissing) {
    files = StaticFiles::from({});
    EXPECT_THAT(get("/").body, HasSubstr("not installed"));
    EXPECT_EQ(get("/x.js").status, 404U);
}

TEST_F(RouterTest, TellsItsHealth) {
    const auto body = json::parse(get("/healthz").body);
    EXPECT_EQ(body["status"], "ok");
    EXPECT_EQ(body["uptimeSeconds"], 60);
    EXPECT_EQ(body["checks"]["media"], "ok");

    BrokenMedia broken;
    Router other(settings, *service, broken, files, counters, time);
    const auto ill = other.route(request("GET", "/healthz"), caller, time).response;
    EXPECT_EQ(ill.status, 503U);
    EXPECT_EQ(json::parse(ill.body)["status"], "degraded");

    service->begin_shutdown(time.now, 1s);
    EXPECT_EQ(get("/healthz").status, 503U);
    EXPECT_EQ(route(upgrade("/signal")).response.status, 503U);
}

TEST_F(RouterTest, UpgradesAtBothAddresses) {
    for (const char* target :
         {"/signal?topology=mesh&resume=r%2B1&lastSeq=17", "/?topology=mesh"}) {
        const auto routed = route(upgrade(target));
        EXPECT_EQ(routed.response.status, 101U) << target;
        ASSERT_TRUE(routed.upgrade.has_value());
        EXPECT_EQ(routed.upgrade->topology, "mesh");
        EXPECT_FALSE(routed.upgrade->grant.has_value());
    }
    const auto info = *route(upgrade("/signal?resume=r%2B1&lastSeq=17")).upgrade;
    EXPECT_EQ(info.resume_token, "r+1");
    EXPECT_EQ(info.resume_last_seq, 17U);
    EXPECT_EQ(get("/signal").status, 426U);
    auto bad = upgrade("/signal");
    bad.headers.back().second = "short";
    EXPECT_EQ(route(bad).response.status, 400U);
}

struct OriginCase {
    std::string host;
    std::string origin;
    bool allowed;
};

TEST_F(RouterTest, OriginsAreChecked) {
    settings.access.secret = kSecret;
    settings.access.origins = {"https://app.example.org"};
    build();
    from_network();
    const OriginCase cases[] = {
        {"meet.example.org", "https://meet.example.org", true},
        {"meet.example.org:443", "https://meet.example.org", true},
        {"meet.example.org", "https://app.example.org", true},
        {"meet.example.org", "https://APP.example.org", true},
        {"meet.example.org", "https://evil.example", false},
        {"meet.example.org", "https://meet.example.org.evil.example", false},
        {"meet.example.org", "https://app.example.org:444", false},
        {"meet.example.org", "http://localhost:5173", false},
        {"meet.example.org", "null", false},
        {"meet.example.org", "", false},
    };
    for (const auto& one : cases) {
        auto r = upgrade("/signal?token=" + token_for(kNow + 60));
        r.headers[0].second = one.host;
        r.headers.emplace_back("origin", one.origin);
        EXPECT_EQ(route(r).response.status, one.allowed ? 101U : 403U) << one.origin;
    }
    auto none = upgrade("/signal?token=" + token_for(kNow + 60));
    EXPECT_EQ(route(none).response.status, 101U);
    settings.access.require_origin = true;
    EXPECT_EQ(route(none).response.status, 403U);
}

TEST_F(RouterTest, LocalMeansThisMachineDirectly) {
    EXPECT_EQ(route(upgrade("/signal")).response.status, 101U);
    auto dev = upgrade("/signal");
    dev.headers.emplace_back("origin", "http://localhost:5173");
    EXPECT_EQ(route(dev).response.status, 101U);

    auto rebound = upgrade("/signal");
    rebound.headers[0].second = "evil.example:8080";
    EXPECT_EQ(route(rebound).response.status, 403U);
    rebound.headers.emplace_back("origin", "http://evil.example:8080");
    EXPECT_EQ(code_of(route(rebound).response), "not_local");

    auto proxied = upgrade("/signal");
    proxied.headers.emplace_back("x-forwarded-for", "203.0.113.9");
    EXPECT_EQ(code_of(route(proxied).response), "not_local");
    auto api = request("GET", "/api/v1/rooms");
    api.headers.emplace_back("x-forwarded-for", "203.0.113.9");
    EXPECT_EQ(code_of(route(api).response), "admin_key_not_set");

    settings.server.insecure_open = true;
    from_network();
    EXPECT_EQ(route(upgrade("/signal")).response.status, 101U);
    EXPECT_EQ(get("/metrics").status, 403U);
}

TEST_F(RouterTest, TokensOpenTheirRoom) {
    settings.access.secret = kSecret;
    build();
    EXPECT_EQ(code_of(route(upgrade("/signal")).response), "token_required");
    EXPECT_EQ(code_of(route(upgrade("/signal?token=x.y.z")).response), "bad_token");
    EXPECT_EQ(code_of(route(upgrade("/signal?token=" + token_for(kNow - 60))).response),
              "token_expired");
    // A page asks plainly why its socket was refused.
    EXPECT_EQ(get("/signal?token=x.y.z").status, 401U);
    EXPECT_EQ(get("/signal?token=" + token_for(kNow + 60)).status, 426U);

    const auto routed = route(upgrade("/?access_token=" + token_for(kNow + 60)));
    ASSERT_EQ(routed.response.status, 101U);
    const auto& grant = routed.upgrade->grant;
    ASSERT_TRUE(grant.has_value());
    EXPECT_EQ(grant->room, "daily");
    EXPECT_EQ(grant->identity, "ada");
    EXPECT_FALSE(grant->may_publish);
    EXPECT_TRUE(grant->may_subscribe);
    EXPECT_TRUE(grant->admin);
    EXPECT_EQ(grant->expires, time.now + 70s);  // with the leeway

    auto by_header = upgrade("/signal");
    by_header.headers.emplace_back("authorization", "Bearer " + token_for(kNow + 60));
    EXPECT_EQ(route(by_header).response.status, 101U);
}

TEST_F(RouterTest, WrongTokensRunIntoALimit) {
    settings.access.secret = kSecret;
    settings.http.refused_credentials_per_minute = 5;
    build();
    from_network();
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(route(upgrade("/signal?token=x.y.z")).response.status, 401U);
    }
    EXPECT_EQ(route(upgrade("/signal?token=" + token_for(kNow + 60))).response.status, 429U);
    caller.remote = *net::SocketAddress::parse("198.51.100.5:1");
    EXPECT_EQ(route(upgrade("/signal?token=" + token_for(kNow + 60))).response.status, 101U);
    caller.remote = *net::SocketAddress::parse("198.51.100.4:1");
    time.now += 61s;
    EXPECT_EQ(route(upgrade("/signal?token=" + token_for(kNow + 60))).response.status, 101U);
    EXPECT_EQ(counters.credentials_refused, 5U);
}

TEST_F(RouterTest, TheApiNeedsItsKeyOffLoopback) {
    EXPECT_EQ(get("/api/v1/rooms").status, 200U);
    from_network();
    for (const char* target : {"/api/v1/rooms", "/metrics", "/limits"}) {
        EXPECT_EQ(get(target).status, 403U) << target;
    }
    EXPECT_EQ(get("/healthz").status, 200U);
    settings.access.admin_key = kAdminKey;
    EXPECT_EQ(get("/metrics").status, 401U);
    auto wrong = request("GET", "/metrics");
    wrong.headers.emplace_back("authorization", "Bearer nonsense");
    EXPECT_EQ(route(wrong).response.status, 401U);
    auto right = request("GET", "/metrics");
    right.headers.emplace_back("authorization", "bearer " + std::string(kAdminKey));
    EXPECT_EQ(route(right).response.status, 200U);
}

TEST_F(RouterTest, ForeignPagesCannotUseALocalApi) {
    auto r = request("DELETE", "/api/v1/rooms/daily");
    r.headers.emplace_back("origin", "https://evil.example");
    EXPECT_EQ(code_of(route(r).response), "origin_refused");
    EXPECT_EQ(header_of(get("/api/v1/rooms"), "Access-Control-Allow-Origin"), "");
}

TEST_F(RouterTest, AdministersRooms) {
    EXPECT_EQ(get("/api/v1/rooms/none").status, 404U);
    const auto ada = join(1, "da ily ü");
    const auto bob = join(2, "da ily ü");
    ASSERT_FALSE(ada.empty());
    const std::string room = "/api/v1/rooms/da%20ily%20%C3%BC";
    EXPECT_EQ(get(room).status, 200U);
    EXPECT_EQ(json::parse(get("/api/v1/rooms").body)["rooms"].size(), 1U);

    auto mute = request("POST", room + "/participants/" + ada + "/mute");
    EXPECT_EQ(route(mute).response.status, 415U);
    mute.headers.emplace_back("content-type", "application/json; charset=utf-8");
    for (const char* body : {"", "[]", "{}", R"({"muted":1})", R"({"muted":true,"track":3})"}) {
        mute.body = body;
        EXPECT_EQ(route(mute).response.status, 400U) << body;
    }
    mute.body = R"({"muted":true})";
    EXPECT_EQ(route(mute).response.status, 204U);
    mute.target = room + "/participants/nobody/mute";
    EXPECT_EQ(route(mute).response.status, 404U);

    const auto timeline = get(room + "/participants/" + ada + "/timeline");
    EXPECT_EQ(timeline.status, 200U);
    EXPECT_TRUE(json::parse(timeline.body)["samples"].is_array());
    EXPECT_EQ(get(room + "/participants/nobody/timeline").status, 404U);
    EXPECT_EQ(route(request("POST", room + "/participants/" + ada + "/timeline")).response.status,
              405U);

    EXPECT_EQ(route(request("DELETE", room + "/participants/" + bob)).response.status, 204U);
    EXPECT_EQ(route(request("DELETE", room + "/participants/" + bob)).response.status, 404U);
    EXPECT_EQ(route(request("GET", room + "/participants/" + ada)).response.status, 405U);
    EXPECT_EQ(route(request("DELETE", room)).response.status, 204U);
    EXPECT_EQ(route(request("DELETE", room)).response.status, 404U);
    EXPECT_EQ(get("/api/v2/rooms").status, 404U);
    EXPECT_EQ(get("/api").status, 404U);
    for (const char* target : {"/api/v2", "/api/v1", "/api/v1/rooms/a/b"}) {
        const auto error = json::parse(get(target).body)["error"];
        EXPECT_THAT(error["cause"].get<std::string>(), HasSubstr("begin with /api/v1/rooms"));
        EXPECT_THAT(error["remedy"].get<std::string>(), HasSubstr("such as /api/v1/rooms"));
    }
}

TEST_F(RouterTest, MetricsAndLimits) {
    counters.drop(Drop::kSlow);
    const auto response = get("/metrics");
    EXPECT_THAT(header_of(response, "Content-Type"), HasSubstr("version=0.0.4"));
    EXPECT_THAT(response.body, HasSubstr("parley_connections_dropped_total{reason=\"slow\"} 1"));
    EXPECT_THAT(response.body, HasSubstr("# TYPE parley_rooms gauge"));
    EXPECT_THAT(response.body, HasSubstr("parley_uptime_seconds 60"));
    const auto shown = json::parse(get("/limits").body);
    const auto limits = shown["limits"];
    EXPECT_EQ(limits["limits.rooms"], 10'000);
    EXPECT_EQ(limits["limits.messages_per_second_per_address"], 1'000);
    EXPECT_EQ(shown["fixed"]["described_sections"], 64);
    EXPECT_EQ(shown["fixed"]["media_members"], 10'000);
    EXPECT_EQ(shown["fixed"]["sdp_bytes"], 256 * 1024);
    EXPECT_EQ(shown["fixed"].size(), fixed_limits(Settings{}).size());
    for (const auto& [name, value] : limits.items()) EXPECT_FALSE(value.is_null()) << name;
}

TEST_F(RouterTest, BadTargets) {
    EXPECT_EQ(get("http://other/").status, 400U);
    EXPECT_EQ(get("/%zz").status, 400U);
}

}  // namespace
}  // namespace parley::server
