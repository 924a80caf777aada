// Checks JSON values against the files of schema/, which are compiled in. Knows the part of JSON
// Schema (draft 2020-12) that those files use: type, required, properties, enum, const, length and
// number bounds, items, format "room-name", and $ref into common.json or the same file.

#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "signal/json.hpp"

namespace parley::signal {

struct SchemaFile {
    std::string_view path;  // "client/join.json"
    std::string_view text;
};

/// The files of schema/ as of the build.
std::span<const SchemaFile> schema_files();

struct Violation {
    std::string field;    // JSON pointer (RFC 6901)
    std::string problem;  // "is missing", "must be a string", ...
};

class Schemas {
 public:
    explicit Schemas(std::span<const SchemaFile> files = schema_files());

    /// Whether there is a file for messages of this side ("client" or "server") and type.
    bool knows(std::string_view side, std::string_view type) const;
    /// The first violation, or nothing. The file must exist.
    std::optional<Violation> check(std::string_view side, std::string_view type,
                                   const Json& value) const;
    /// Types of one side, sorted.
    std::vector<std::string> types(std::string_view side) const;

 private:
    const Json* file_of(std::string_view side, std::string_view type) const;

    std::map<std::string, Json, std::less<>> files_;
};

}  // namespace parley::signal
