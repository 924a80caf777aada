#include "signal/schema.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/assert.hpp"
#include "signal/names.hpp"

namespace parley::signal {

namespace {

const Json* member(const Json& object, std::string_view key) {
    const auto at = object.find(key);
    return at == object.end() ? nullptr : &*at;
}

/// RFC 6901 §3: "~" and "/" in a key are escaped.
std::string escape(std::string_view key) {
    std::string out;
    for (const char c : key) {
        if (c == '~') {
            out += "~0";
        } else if (c == '/') {
            out += "~1";
        } else {
            out += c;
        }
    }
    return out;
}

bool has_type(const Json& value, std::string_view type) {
    if (type == "object") return value.is_object();
    if (type == "array") return value.is_array();
    if (type == "string") return value.is_string();
    if (type == "integer") return value.is_number_integer();
    if (type == "number") return value.is_number();
    if (type == "boolean") return value.is_boolean();
    return type == "null" && value.is_null();
}

/// Walks one value beside its schema; `field_` is where it stands. Depth is bounded by the schema.
class Checker {
 public:
    explicit Checker(const std::map<std::string, Json, std::less<>>& files) : files_(files) {}

    std::optional<Violation> check(const Json& schema, const Json& file, const Json& value) {
        if (const auto* ref = member(schema, "$ref")) {
            const auto [target, target_file] = resolve(ref->get_ref<const std::string&>(), file);
            return check(*target, *target_file, value);
        }
        if (auto problem = check_scalar(schema, value); !problem.empty()) return wrong(problem);
        if (value.is_object()) return check_object(schema, file, value);
        if (value.is_array()) return check_array(schema, file, value);
        return std::nullopt;
    }

 private:
    std::pair<const Json*, const Json*> resolve(std::string_view ref, const Json& file) const {
        static constexpr std::string_view kCommon = "../common.json";
        static constexpr std::string_view kDefs = "#/$defs/";
        const Json* target_file = &file;
        if (ref.starts_with(kCommon)) {
            const auto at = files_.find("common.json");
            PARLEY_ASSERT(at != files_.end());
            target_file = &at->second;
            ref.remove_prefix(kCommon.size());
        }
        PARLEY_ASSERT(ref.starts_with(kDefs));
        ref.remove_prefix(kDefs.size());
        const Json* defs = member(*target_file, "$defs");
        PARLEY_ASSERT(defs != nullptr);
        const Json* target = member(*defs, ref);
        PARLEY_ASSERT(target != nullptr);
        return {target, target_file};
    }

    std::optional<Violation> wrong(std::string problem) const {
        return Violation{field_, std::move(problem)};
    }

    static std::string check_type(const Json& type, const Json& value) {
        if (type.is_string()) {
            const auto& name = type.get_ref<const std::string&>();
            return has_type(value, name) ? "" : "must be of type " + name;
        }
        std::string names;
        for (const auto& one : type) {
            const auto& name = one.get_ref<const std::string&>();
            if (has_type(value, name)) return "";
            names += names.empty() ? name : " or " + name;
        }
        return "must be of type " + names;
    }

    static std::string check_text(const Json& schema, const std::string& text) {
        const auto bound = [&schema](const char* key, std::size_t otherwise) {
            const auto* limit = member(schema, key);
            return limit == nullptr ? otherwise : limit->get<std::size_t>();
        };
        const std::size_t length = count_code_points(text);
        if (const auto least = bound("minLength", 0); length < least) {
            return "must have at least " + std::to_string(least) + " characters";
        }
        if (const auto most = bound("maxLength", SIZE_MAX); length > most) {
            return "must have at most " + std::to_string(most) + " characters";
        }
        if (const auto* format = member(schema, "format");
            format != nullptr && *format == "room-name") {
            return std::string(room_name_problem(text));
        }
        return "";
    }

    static std::string check_scalar(const Json& schema, const Json& value) {
        if (const auto* type = member(schema, "type")) {
            if (auto problem = check_type(*type, value); !problem.empty()) return problem;
        }
        if (const auto* only = member(schema, "const"); only != nullptr && value != *only) {
            return "must be " + to_text(*only);
        }
        if (const auto* any = member(schema, "enum");
            any != nullptr && std::ranges::find(*any, value) == any->end()) {
            return "must be one of " + to_text(*any);
        }
        if (value.is_string()) return check_text(schema, value.get_ref<const std::string&>());
        if (value.is_number()) {
            const auto* least = member(schema, "minimum");
            if (least != nullptr && value < *least) return "must be at least " + to_text(*least);
            const auto* most = member(schema, "maximum");
            if (most != nullptr && value > *most) return "must be at most " + to_text(*most);
        }
        return "";
    }

    std::optional<Violation> descend(const std::string& step, const Json& schema, const Json& file,
                                     const Json& value) {
        const std::size_t before = field_.size();
        field_ += "/" + step;
        auto violation = check(schema, file, value);
        field_.resize(before);
        return violation;
    }

    std::optional<Violation> check_object(const Json& schema, const Json& file, const Json& value) {
        if (const auto* required = member(schema, "required")) {
            for (const auto& key : *required) {
                const auto& name = key.get_ref<const std::string&>();
                if (!value.contains(name))
                    return Violation{field_ + "/" + escape(name), "is missing"};
            }
        }
        const auto* properties = member(schema, "properties");
        if (properties == nullptr) return std::nullopt;
        for (const auto& [key, part] : properties->items()) {
            const auto* there = member(value, key);
            if (there == nullptr) continue;
            if (auto violation = descend(escape(key), part, file, *there)) return violation;
        }
        return std::nullopt;
    }

    std::optional<Violation> check_array(const Json& schema, const Json& file, const Json& value) {
        if (const auto* least = member(schema, "minItems");
            least != nullptr && value.size() < least->get<std::size_t>()) {
            return wrong("must have at least " + to_text(*least) + " items");
        }
        if (const auto* most = member(schema, "maxItems");
            most != nullptr && value.size() > most->get<std::size_t>()) {
            return wrong("must have at most " + to_text(*most) + " items");
        }
        const auto* items = member(schema, "items");
        if (items == nullptr) return std::nullopt;
        for (std::size_t i = 0; i < value.size(); ++i) {
            if (auto violation = descend(std::to_string(i), *items, file, value[i])) {
                return violation;
            }
        }
        return std::nullopt;
    }

    const std::map<std::string, Json, std::less<>>& files_;
    std::string field_;
};

std::string path_of(std::string_view side, std::string_view type) {
    std::string path(side);
    path += '/';
    path += type;
    path += ".json";
    return path;
}

}  // namespace

Schemas::Schemas(std::span<const SchemaFile> files) {
    for (const auto& file : files) {
        auto parsed = Json::parse(file.text, nullptr, false);
        PARLEY_ASSERT(!parsed.is_discarded());
        files_.emplace(file.path, std::move(parsed));
    }
}

const Json* Schemas::file_of(std::string_view side, std::string_view type) const {
    // A type with a slash would leave its folder.
    if (type.find('/') != std::string_view::npos) return nullptr;
    const auto at = files_.find(path_of(side, type));
    return at == files_.end() ? nullptr : &at->second;
}

bool Schemas::knows(std::string_view side, std::string_view type) const {
    return file_of(side, type) != nullptr;
}

std::optional<Violation> Schemas::check(std::string_view side, std::string_view type,
                                        const Json& value) const {
    const auto* file = file_of(side, type);
    PARLEY_ASSERT(file != nullptr);
    return Checker(files_).check(*file, *file, value);
}

std::vector<std::string> Schemas::types(std::string_view side) const {
    std::vector<std::string> types;
    const std::string prefix = std::string(side) + "/";
    for (const auto& [path, file] : files_) {
        if (!path.starts_with(prefix)) continue;
        types.push_back(path.substr(prefix.size(), path.size() - prefix.size() - 5));
    }
    return types;
}

}  // namespace parley::signal
