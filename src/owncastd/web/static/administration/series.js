/**
 * Figures over time, as numbers.
 */

/** @typedef {{ time: string, value: number }} Point as the API has it */
/** @typedef {{ name: string, points: Point[], dashed?: boolean }} Line */

/**
 * All lines over one axis of times.
 *
 * @param {Line[]} lines
 * @returns {{ times: number[], columns: (number | null)[][] }} times in seconds
 */
export function align(lines) {
  const byTime = new Map();
  for (const [place, { points }] of lines.entries()) {
    for (const { time, value } of points) {
      const seconds = new Date(time).getTime() / 1000;
      const row = byTime.get(seconds) ?? Array(lines.length).fill(null);
      row[place] = value;
      byTime.set(seconds, row);
    }
  }
  const times = [...byTime.keys()].sort((one, other) => one - other);
  return { times, columns: lines.map((_, place) => times.map((time) => byTime.get(time)[place])) };
}

/**
 * @param {Point[]} points
 */
export function spread(points) {
  const values = points.map((point) => point.value);
  return { low: Math.min(...values), high: Math.max(...values), last: values.at(-1) ?? 0 };
}
