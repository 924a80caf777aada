#include "server/static_files.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/base64.hpp"
#include "crypto/digest.hpp"
#include "server/text.hpp"

namespace parley::server {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostFiles = 10'000;

constexpr std::array<std::pair<std::string_view, std::string_view>, 20> kTypes{{
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".map", "application/json"},
    {".webmanifest", "application/manifest+json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".jpg", "image/jpeg"},
    {".webp", "image/webp"},
    {".avif", "image/avif"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".wasm", "application/wasm"},
    {".mp3", "audio/mpeg"},
    {".ogg", "audio/ogg"},
    {".tflite", "application/octet-stream"},
    {".txt", "text/plain; charset=utf-8"},
    {".md", "text/plain; charset=utf-8"},
}};

std::string type_of(std::string_view path) {
    for (const auto& [suffix, type] : kTypes) {
        if (path.ends_with(suffix)) return std::string(type);
    }
    return "application/octet-stream";
}

bool has_suffix(std::string_view path) {
    return path.substr(path.rfind('/') + 1).find('.') != std::string_view::npos;
}

bool tag_matches(const HttpRequest& request, std::string_view tag) {
    const auto given = request.header("if-none-match");
    if (!given) return false;
    for (const auto& part : split(*given, ',')) {
        std::string_view one = part;
        if (one.starts_with("W/")) one.remove_prefix(2);  // RFC 9110 §13.1.2: weak comparison
        if (one == tag || one == "*") return true;
    }
    return false;
}

HttpResponse plain(unsigned status, std::string text) {
    HttpResponse response;
    response.status = status;
    response.headers = {{"Content-Type", "text/plain; charset=utf-8"},
                        {"Cache-Control", "no-store"}};
    response.body = std::move(text);
    return response;
}

constexpr std::string_view kNoApp =
    "<!doctype html><html lang=en><meta charset=utf-8><title>Parley</title>"
    "<h1>Parley is running</h1><p>The web app is not installed beside this program. Build it with "
    "<code>make build</code>, or name its directory: <code>parley serve --web DIR</code>.</p>"
    "<p>Clients connect to <code>/signal</code>; <a href=/healthz>/healthz</a> tells how the "
    "server is.</p></html>\n";

}  // namespace

void StaticFiles::add(std::string path, std::string content) {
    File file;
    const auto digest = crypto::sha256(as_bytes(content));
    file.tag = "\"" + base64url_encode(BytesView(digest).first(12)) + "\"";
    file.type = type_of(path);
    // The bundler puts a hash of the content into these names.
    file.immutable = path.starts_with("/assets/");
    file.content = std::make_shared<const std::string>(std::move(content));
    files_.emplace(std::move(path), std::move(file));
}

StaticFiles StaticFiles::from(const std::map<std::string, std::string>& files) {
    StaticFiles out;
    for (const auto& [path, content] : files) out.add(path, content);
    return out;
}

std::expected<StaticFiles, std::string> StaticFiles::load(const std::string& directory,
                                                          std::size_t most_bytes) {
    std::error_code error;
    if (!fs::is_directory(directory, error)) {
        return std::unexpected(directory + ": is not a directory; check --web (server.web)");
    }
    StaticFiles out;
    std::size_t total = 0;
    // Symbolic links to directories are not followed: what is served is what was installed.
    for (fs::recursive_directory_iterator it(directory, error), end; !error && it != end;
         it.increment(error)) {
        const auto name = it->path().filename().string();
        if (name.starts_with('.')) {
            if (it->is_directory(error)) it.disable_recursion_pending();
            continue;
        }
        if (!it->is_regular_file(error)) continue;
        std::ifstream file(it->path(), std::ios::binary);
        std::ostringstream content;
        content << file.rdbuf();
        total += content.view().size();
        if (!file)
            return std::unexpected(it->path().string() + ": cannot be read; check permissions");
        if (total > most_bytes || out.files_.size() == kMostFiles) {
            return std::unexpected(directory + ": holds more than " + show_size(most_bytes) +
                                   " (limits.web_bytes) or 10,000 files; is it the right one?");
        }
        out.add("/" + it->path().lexically_relative(directory).generic_string(),
                std::move(content).str());
    }
    if (error) return std::unexpected(directory + ": " + error.message() + "; check permissions");
    return out;
}

HttpResponse StaticFiles::serve(const HttpRequest& request) const {
    if (request.method != "GET" && request.method != "HEAD") {
        auto response = plain(405, "Only GET and HEAD are possible here.\n");
        response.headers.emplace_back("Allow", "GET, HEAD");
        return response;
    }
    auto found = files_.find(request.path);
    if (found == files_.end() && request.path.ends_with('/')) {
        found = files_.find(request.path + "index.html");
    }
    const bool elsewhere = found == files_.end() && !has_suffix(request.path);
    if (elsewhere) found = files_.find("/index.html");
    if (found == files_.end()) {
        if (has_suffix(request.path)) return plain(404, "There is no such file.\n");
        auto response = plain(files_.empty() ? 200 : 404, std::string(kNoApp));
        response.headers[0].second = "text/html; charset=utf-8";
        return response;
    }
    const File& file = found->second;
    HttpResponse response;
    if (elsewhere) {  // the app says so, with a way to its lobby
        response.status = 404;
        response.headers = {{"Content-Type", file.type}, {"Cache-Control", "no-cache"}};
        response.shared_body = file.content;
        return response;
    }
    response.headers = {
        {"Content-Type", file.type},
        {"ETag", file.tag},
        {"Cache-Control", file.immutable ? "public, max-age=31536000, immutable" : "no-cache"}};
    if (tag_matches(request, file.tag)) {
        response.status = 304;
    } else {
        response.shared_body = file.content;
    }
    return response;
}

std::string find_web_directory(const std::string& configured) {
    if (!configured.empty()) return configured;
    std::error_code error;
    const auto program = fs::read_symlink("/proc/self/exe", error);
    if (error) return {};
    const auto beside = program.parent_path().parent_path() / "share/parley/web";
    return fs::is_directory(beside, error) ? beside.string() : std::string();
}

}  // namespace parley::server
