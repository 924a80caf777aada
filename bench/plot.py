"""Cost of a packet against subscribers, the floor beside it, as an SVG that needs nothing else."""

import math

WIDTH, HEIGHT = 720, 380
LEFT, RIGHT, TOP, BOTTOM = 64, 24, 40, 52
SERIES = [("server", "#0b6e99", "forward-{}"), ("floor: protect and send alone", "#b3541e",
                                               "floor-{}")]


def cost_plot(results, counts):
    counts = [n for n in counts if results.has(f"forward-{n}") and results.has(f"floor-{n}")]
    top = max(results.of(name.format(n), "ns_per_packet").greatest
              for _, _, name in SERIES for n in counts) / 1e3
    top = max(2, math.ceil(top * 1.08))
    least, most = math.log(counts[0]), math.log(counts[-1])

    def x(n):
        return LEFT + (WIDTH - LEFT - RIGHT) * (math.log(n) - least) / max(1e-9, most - least)

    def y(value):
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / top

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
           f'font-family="system-ui, sans-serif" font-size="13" role="img" '
           f'aria-label="Processor time of a forwarded packet against subscribers">',
           f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>']
    step = 1 if top <= 8 else 2
    for value in range(0, top + 1, step):
        out.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(value):.1f}" y2="{y(value):.1f}" '
                   f'stroke="#e3e3e3"/>')
        out.append(f'<text x="{LEFT - 8}" y="{y(value) + 4:.1f}" text-anchor="end" fill="#444">'
                   f'{value}</text>')
    for n in counts:
        out.append(f'<text x="{x(n):.1f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle" '
                   f'fill="#444">{n}</text>')
    out.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 10}" text-anchor="middle" '
               f'fill="#222">subscribers of one publisher</text>')
    out.append(f'<text x="16" y="{(TOP + HEIGHT - BOTTOM) / 2}" text-anchor="middle" fill="#222" '
               f'transform="rotate(-90 16 {(TOP + HEIGHT - BOTTOM) / 2})">µs of CPU a packet</text>')
    for index, (label, colour, name) in enumerate(SERIES):
        figures = [(n, results.of(name.format(n), "ns_per_packet")) for n in counts]
        line = " ".join(f"{x(n):.1f},{y(f.median / 1e3):.1f}" for n, f in figures)
        out.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        for n, figure in figures:
            out.append(f'<line x1="{x(n):.1f}" x2="{x(n):.1f}" y1="{y(figure.least / 1e3):.1f}" '
                       f'y2="{y(figure.greatest / 1e3):.1f}" stroke="{colour}"/>')
            out.append(f'<circle cx="{x(n):.1f}" cy="{y(figure.median / 1e3):.1f}" r="3.5" '
                       f'fill="{colour}"/>')
        at = LEFT + 12 + index * 120
        out.append(f'<circle cx="{at}" cy="20" r="4" fill="{colour}"/>')
        out.append(f'<text x="{at + 10}" y="24" fill="#222">{label}</text>')
    return "\n".join([*out, "</svg>"]) + "\n"
