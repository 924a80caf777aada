// The web app in memory. All files are read once at start, so a request is a look-up in a table: no
// path can lead out of the directory, and the control thread never waits for a disk.

#pragma once

#include <cstddef>
#include <expected>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "server/http.hpp"

namespace parley::server {

class StaticFiles {
 public:
    /// Reads a directory. The error names the cause and the fix.
    static std::expected<StaticFiles, std::string> load(const std::string& directory,
                                                        std::size_t most_bytes);
    /// For tests: path ("/index.html") to content.
    static StaticFiles from(const std::map<std::string, std::string>& files);

    bool empty() const { return files_.empty(); }
    std::size_t count() const { return files_.size(); }
    /// The answer to GET or HEAD. "/" gives index.html. So do unknown paths without a file's
    /// suffix, with status 404: the app says that there is no page, and where one is.
    HttpResponse serve(const HttpRequest& request) const;

 private:
    struct File {
        std::shared_ptr<const std::string> content;
        std::string type;
        std::string tag;
        bool immutable = false;
    };
    void add(std::string path, std::string content);

    std::map<std::string, File, std::less<>> files_;
};

/// The directory of the app: `configured`, or share/parley/web beside the program's bin directory.
/// Empty when there is none.
std::string find_web_directory(const std::string& configured);

}  // namespace parley::server
