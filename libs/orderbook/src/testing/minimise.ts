/**
 * A shorter list that still fails, by delta debugging: leaves out ever smaller parts as long as the rest fails. In the end
 * no single item can be left out.
 */
export const minimise = <Item>(
  items: readonly Item[],
  fails: (items: readonly Item[]) => boolean,
): Item[] => {
  let shortest = [...items]
  let size = Math.ceil(shortest.length / 2)
  while (size > 0) {
    const before = shortest.length
    shortest = withoutParts(shortest, size, fails)
    if (size === 1 && shortest.length === before) break
    if (size > 1) size = Math.ceil(size / 2)
  }
  return shortest
}

/** From the end on, since what comes later depends on what came before. */
const withoutParts = <Item>(
  items: readonly Item[],
  size: number,
  fails: (items: readonly Item[]) => boolean,
): Item[] => {
  let kept = [...items]
  for (let end = kept.length; end > 0; end -= size) {
    const shorter = [...kept.slice(0, Math.max(0, end - size)), ...kept.slice(end)]
    if (fails(shorter)) kept = shorter
  }
  return kept
}
