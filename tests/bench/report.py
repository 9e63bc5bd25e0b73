"""The table and the picture of what make bench has seen."""


def better(row, medians):
    """How many times as good as what it is compared with: more for rates, less for times."""
    ours, theirs = (medians[row.name][side] for side in row.sides)
    return theirs / ours if row.unit == "us" else ours / theirs


def figure(value):
    return f"{value:,.0f}" if value >= 10 else f"{value:.2f}"


def table(rows, medians):
    lines = ["| what | ours, COM1 on a unix socket unless said | QEMU -s | times as good | goal |", "|---|---|---|---|---|"]
    for row in rows:
        ours, theirs = (medians[row.name][side] for side in row.sides)
        ratio = better(row, medians)
        verdict = "" if ratio >= row.goal else "  **missed**"
        lines.append(f"| {row.name} | {figure(ours)} {row.unit} | {figure(theirs)} {row.unit} | {figure(ratio)}{verdict} "
                     f"| {figure(row.goal)} |")
    return "\n".join(lines)


def plot(rows, medians, width=860, left=300, line=28):
    """Bars of the ratios on a logarithmic axis from 1/100 to 10 000, the goals as marks."""
    from math import log10

    def x(ratio):
        return left + (width - left - 20) * (log10(min(max(ratio, 0.01), 10_000)) + 2) / 6

    height = line * (len(rows) + 2)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" font-size="13">',
           f'<rect width="{width}" height="{height}" fill="white"/>']
    for power in range(-2, 5):
        at = x(10.0 ** power)
        out.append(f'<path d="M{at:.1f} {line}V{height - line}" stroke="{"black" if power == 0 else "#ddd"}"/>')
        out.append(f'<text x="{at:.1f}" y="{line - 8}" text-anchor="middle">{10.0 ** power:g}x</text>')
    for number, row in enumerate(rows):
        y, ratio = line * (number + 1) + 6, better(row, medians)
        begin, end = sorted((x(1), x(ratio)))
        colour = "#2a7" if ratio >= row.goal else "#c42"
        out.append(f'<text x="{left - 8}" y="{y + 13}" text-anchor="end">{row.name}</text>')
        out.append(f'<rect x="{begin:.1f}" y="{y}" width="{max(end - begin, 1):.1f}" height="{line - 10}" fill="{colour}"/>')
        out.append(f'<path d="M{x(row.goal):.1f} {y - 2}v{line - 6}" stroke="black" stroke-width="2"/>')
    out.append(f'<text x="{left}" y="{height - 8}">times as good as QEMU\'s own stub on the same guest; | is the goal</text></svg>')
    return "\n".join(out) + "\n"
