#include "signal/json.hpp"

#include <cstdint>
#include <utility>
#include <vector>

namespace parley::signal {

namespace {

/// Integers that every client (a double in JavaScript) reads back unchanged.
constexpr std::int64_t kMaxInteger = (std::int64_t{1} << 53) - 1;

/// Builds a value from the parser's events and stops at the first thing out of bounds.
class Builder final : public nlohmann::json_sax<Json> {
 public:
    explicit Builder(std::size_t max_depth) : max_depth_(max_depth) {}

    bool null() override { return add(Json()); }
    bool boolean(bool value) override { return add(Json(value)); }
    bool number_integer(number_integer_t value) override {
        if (value < -kMaxInteger || value > kMaxInteger) return refuse(kRange);
        return add(Json(value));
    }
    bool number_unsigned(number_unsigned_t value) override {
        if (value > static_cast<std::uint64_t>(kMaxInteger)) return refuse(kRange);
        return add(Json(value));
    }
    bool number_float(number_float_t value, const string_t& text) override {
        // The lexer hands integers beyond 64 bits over as rounded floats.
        if (text.find_first_of(".eE") == string_t::npos) return refuse(kRange);
        return add(Json(value));
    }
    bool string(string_t& value) override { return add(Json(std::move(value))); }
    bool binary(binary_t&) override { return refuse("binary"); }

    bool start_object(std::size_t) override { return open(Json::object()); }
    bool end_object() override { return close(); }
    bool start_array(std::size_t) override { return open(Json::array()); }
    bool end_array() override { return close(); }
    bool key(string_t& value) override {
        auto& object = stack_.back()->get_ref<Json::object_t&>();
        auto [at, fresh] = object.try_emplace(std::move(value));
        if (!fresh) return refuse("duplicate key");
        slot_ = &at->second;
        return true;
    }
    bool parse_error(std::size_t position, const std::string&,
                     const nlohmann::detail::exception&) override {
        problem_ = "not JSON";
        offset_ = position;
        return false;
    }

    Json take() { return std::move(root_); }
    std::string_view problem() const { return problem_; }
    std::size_t offset() const { return offset_; }

 private:
    static constexpr std::string_view kRange = "integer out of range";

    bool refuse(std::string_view problem) {
        problem_ = problem;
        return false;
    }
    Json* place(Json value) {
        if (stack_.empty()) {
            root_ = std::move(value);
            return &root_;
        }
        if (stack_.back()->is_array()) {
            auto& array = stack_.back()->get_ref<Json::array_t&>();
            return &array.emplace_back(std::move(value));
        }
        *slot_ = std::move(value);
        return slot_;
    }
    bool add(Json value) {
        place(std::move(value));
        return true;
    }
    bool open(Json value) {
        if (stack_.size() >= max_depth_) return refuse("nested too deeply");
        stack_.push_back(place(std::move(value)));
        return true;
    }
    bool close() {
        stack_.pop_back();
        return true;
    }

    std::size_t max_depth_;
    Json root_;
    std::vector<Json*> stack_;  // open containers; only the innermost grows
    Json* slot_ = nullptr;
    std::string_view problem_ = "not JSON";
    std::size_t offset_ = 0;
};

/// Counts what the parser has read, for problems that the builder finds itself.
class CountingIterator {
 public:
    using iterator_category = std::input_iterator_tag;
    using value_type = char;
    using difference_type = std::ptrdiff_t;
    using pointer = const char*;
    using reference = const char&;

    CountingIterator(const char* at, std::size_t* count) : at_(at), count_(count) {}
    reference operator*() const { return *at_; }
    CountingIterator& operator++() {
        ++at_;
        ++*count_;
        return *this;
    }
    CountingIterator operator++(int) {
        auto before = *this;
        ++*this;
        return before;
    }
    friend bool operator==(const CountingIterator& a, const CountingIterator& b) {
        return a.at_ == b.at_;
    }

 private:
    const char* at_;
    std::size_t* count_;
};

}  // namespace

std::expected<Json, JsonError> parse_json(std::string_view text, std::size_t max_depth) {
    // The parser would take a NUL for the end and ignore what follows; JSON has none.
    if (const auto nul = text.find('\0'); nul != std::string_view::npos) {
        return std::unexpected(JsonError{"not JSON", nul});
    }
    Builder builder(max_depth);
    std::size_t read = 0;
    const bool good = Json::sax_parse(CountingIterator(text.data(), &read),
                                      CountingIterator(text.data() + text.size(), &read), &builder);
    if (good) return builder.take();
    return std::unexpected(
        JsonError{builder.problem(), builder.offset() ? builder.offset() : read});
}

std::string to_text(const Json& value) {
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string_view text_of(const Json& object, std::string_view key) {
    const auto at = object.find(key);
    if (at == object.end()) return {};
    const auto* text = at->get_ptr<const std::string*>();
    return text == nullptr ? std::string_view{} : std::string_view{*text};
}

}  // namespace parley::signal
