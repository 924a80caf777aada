"""What many rounds of steps come to: medians with the least and the greatest, and the table."""

from statistics import median

# What each figure should reach, of the mixture of 200 subscribers unless said.
TARGETS = {
    "ratio_200": 1.4,
    "spread_us": 6.0,
    "growth_50_to_400": 1.2,
    "delay_50_p50": 1.0,
    "delay_50_p99": 4.0,
    "delay_200_p50": 4.0,
    "memory_kb": 100.0,
    "join_ms": 1.5,
    "idle_kb": 10.0,
    "idle_tls_kb": 30.0,
}


class Figure:
    """One quantity over all rounds."""

    def __init__(self, values):
        self.values = list(values)
        self.median = median(self.values)
        self.least = min(self.values)
        self.greatest = max(self.values)

    def text(self, digits=2, scale=1.0):
        if len(self.values) == 1:
            return f"{self.median * scale:.{digits}f}"
        return (f"{self.median * scale:.{digits}f} "
                f"({self.least * scale:.{digits}f}-{self.greatest * scale:.{digits}f})")

    def as_json(self):
        return {"median": self.median, "min": self.least, "max": self.greatest,
                "values": self.values}


class Results:
    """Rounds of steps by name; "floor-200" and "forward-200" of one round belong together."""

    def __init__(self):
        self.rounds = []

    def add_round(self):
        self.rounds.append({})

    def add(self, step, figures):
        self.rounds[-1][step] = figures

    def has(self, step):
        return any(step in each for each in self.rounds)

    def of(self, step, key):
        return Figure(each[step][key] for each in self.rounds if step in each)

    def ratio(self, step, floor):
        """Of the server to the floor of the same round."""
        return Figure(each[step]["ns_per_packet"] / each[floor]["ns_per_packet"]
                      for each in self.rounds if step in each and floor in each)

    def growth(self, few, many):
        return Figure(each[many]["ns_per_packet"] / each[few]["ns_per_packet"]
                      for each in self.rounds if few in each and many in each)

    def steps(self):
        names = []
        for each in self.rounds:
            names += [name for name in each if name not in names]
        return names

    def as_json(self):
        out = {}
        for step in self.steps():
            keys = next(each[step] for each in self.rounds if step in each)
            out[step] = {key: self.of(step, key).as_json() for key, value in keys.items()
                         if isinstance(value, (int, float)) and not isinstance(value, bool)}
        return out


def summary(results):
    """(what, figure, target or None, unit and digits) with the ratios first."""
    rows = []

    def row(what, figure, target=None, unit="", digits=2, scale=1.0):
        rows.append((what, figure, target, unit, digits, scale))

    for step in results.steps():
        if not step.startswith("forward-"):
            continue
        floor = step.replace("forward", "floor")
        if not results.has(floor):
            continue
        name = step.removeprefix("forward-").replace("-spread", ", evenly spaced")
        row(f"server / floor, {name}", results.ratio(step, floor),
            TARGETS["ratio_200"] if step == "forward-200" else None, "x")
    if results.has("forward-50") and results.has("forward-400"):
        row("cost at 400 / cost at 50", results.growth("forward-50", "forward-400"),
            TARGETS["growth_50_to_400"], "x")
    if results.has("forward-200-spread"):
        row("evenly spaced, 200: a packet", results.of("forward-200-spread", "ns_per_packet"),
            TARGETS["spread_us"], "us", 2, 1e-3)
    if results.has("forward-50"):
        row("added delay, 50: p50", results.of("forward-50", "delay_ms_p50"),
            TARGETS["delay_50_p50"], "ms")
        row("added delay, 50: p99", results.of("forward-50", "delay_ms_p99"),
            TARGETS["delay_50_p99"], "ms")
    if results.has("forward-200"):
        row("added delay, 200: p50", results.of("forward-200", "delay_ms_p50"),
            TARGETS["delay_200_p50"], "ms")
        row("memory, 200: a subscriber", results.of("forward-200", "memory_per_participant"),
            TARGETS["memory_kb"], "kB", 1, 1e-3)
    if results.has("join-200"):
        row("a join, one room of 201", results.of("join-200", "join_cpu_ms"), TARGETS["join_ms"],
            "ms")
    if results.has("join-40x5"):
        row("a join, 40 rooms of 5", results.of("join-40x5", "join_cpu_ms"), TARGETS["join_ms"],
            "ms")
    if results.has("idle"):
        row("an idle WebSocket", results.of("idle", "memory_per_connection"),
            TARGETS["idle_kb"], "kB", 1, 1e-3)
    if results.has("idle-tls"):
        row("an idle WebSocket over TLS", results.of("idle-tls", "memory_per_connection"),
            TARGETS["idle_tls_kb"], "kB", 1, 1e-3)
    return rows


def summary_lines(results):
    for what, figure, target, unit, digits, scale in summary(results):
        goal = ""
        if target is not None:
            met = "reached" if figure.median * scale <= target else "missed"
            goal = f"  at most {target:g}: {met}"
        yield f"{what:<32} {figure.text(digits, scale):>22} {unit:<3}{goal}"


def detail_lines(results):
    yield (f"{'step':<22} {'us a packet':>18} {'floor':>18} {'packets/s':>10} {'server':>7} "
           f"{'delay p50':>10} {'p99 ms':>7} {'loss':>8} {'kB each':>8} {'load':>6} {'others':>7}")
    for step in results.steps():
        if not (step.startswith("forward-") or step.startswith("meeting")):
            continue
        floor = step.replace("forward", "floor")
        floor_text = (results.of(floor, "ns_per_packet").text(2, 1e-3)
                      if floor != step and results.has(floor) else "")
        yield (f"{step:<22} {results.of(step, 'ns_per_packet').text(2, 1e-3):>18} {floor_text:>18} "
               f"{results.of(step, 'packets_per_second').median:>10.0f} "
               f"{results.of(step, 'server_share').median:>6.0%} "
               f"{results.of(step, 'delay_ms_p50').median:>10.2f} "
               f"{results.of(step, 'delay_ms_p99').median:>7.2f} "
               f"{results.of(step, 'loss').greatest:>8.4%} "
               f"{results.of(step, 'memory_per_participant').median / 1e3:>8.1f} "
               f"{results.of(step, 'load_share').median:>6.0%} "
               f"{results.of(step, 'others_share').greatest:>7.0%}")
