/** A fenced block of a Markdown file. */
export interface Block {
  /** The word after the fence, such as `console`; empty where there is none. */
  readonly language: string
  /** What follows that word. */
  readonly title: string
  readonly lines: readonly string[]
  /** Line of the file on which the content begins, counted from 0. */
  readonly start: number
}

/** The fenced blocks of a Markdown text, in order. */
export function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = []
  const lines = markdown.split('\n')
  for (let i = 0; i < lines.length; i++) {
    const fence = /^(```+)(\S*) ?(.*)/.exec(lines[i] ?? '')
    if (fence?.[1] === undefined) continue
    const end = lines.indexOf(fence[1], i + 1)
    if (end === -1) throw new Error(`The block that begins on line ${i + 1} has no end`)
    blocks.push({
      language: fence[2] ?? '',
      title: fence[3] ?? '',
      lines: lines.slice(i + 1, end),
      start: i + 1,
    })
    i = end
  }
  return blocks
}
