// Any text as a configuration: it is refused with reasons, or what it says can be shown and read
// again.

#include <cstddef>
#include <cstdint>

#include "base/assert.hpp"
#include "server/settings.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace parley;
    server::Settings settings;
    const auto problems = server::apply_toml(settings, as_text({data, size}), "fuzz.toml");
    for (const auto& problem : problems) PARLEY_ASSERT(problem.starts_with("fuzz.toml"));
    if (!problems.empty()) return 0;
    (void)server::check_settings(settings);
    settings.access.secret.clear();
    settings.access.admin_key.clear();
    const auto shown = server::show_settings(settings);
    server::Settings again;
    const auto second = server::apply_toml(again, shown, "shown.toml");
    PARLEY_ASSERT(second.empty());
    for (auto& server : again.signal.ice_servers) server.credential.clear();
    for (auto& server : settings.signal.ice_servers) server.credential.clear();
    PARLEY_ASSERT(server::show_settings(again) == server::show_settings(settings));
    return 0;
}
