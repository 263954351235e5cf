/** A point of a chart. */
export interface Point {
  at: Date
  value: number | null
}

/**
 * Thins a series to at most `limit` points without hiding a step: each stretch of time keeps its first, least, greatest
 * and last point (M4, Jugel et al., VLDB 2014), so that every rise or fall stays where it was. Gaps (null) are kept as
 * points of their own.
 */
export function thinned(points: readonly Point[], limit = 500): Point[] {
  if (points.length <= limit) return [...points]
  const first = points[0]?.at.getTime() ?? 0
  const span = (points.at(-1)?.at.getTime() ?? 0) - first || 1
  const stretches = Math.floor(limit / 4)
  const kept = new Set<number>()
  let current = -1
  let marks = { first: 0, least: 0, greatest: 0, last: 0 }
  const close = (): void => {
    if (current >= 0) for (const index of Object.values(marks)) kept.add(index)
  }
  for (const [index, point] of points.entries()) {
    const stretch = Math.min(stretches - 1, Math.floor(((point.at.getTime() - first) / span) * stretches))
    if (stretch !== current) {
      close()
      current = stretch
      marks = { first: index, least: index, greatest: index, last: index }
    }
    marks.last = index
    const value = point.value
    if (value === null) continue
    const least = points[marks.least]?.value ?? null
    const greatest = points[marks.greatest]?.value ?? null
    if (least === null || value < least) marks.least = index
    if (greatest === null || value > greatest) marks.greatest = index
  }
  close()
  return [...kept].sort((a, b) => a - b).map((index) => points[index] as Point)
}
