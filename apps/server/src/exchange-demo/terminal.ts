/** A screen that is drawn over and over, and given back as it was. */
export class Terminal {
  readonly #out: NodeJS.WriteStream
  #open = false

  constructor(out: NodeJS.WriteStream) {
    this.#out = out
  }

  /** Shows the lines from the top; the first time on a screen of their own. */
  show(lines: readonly string[]): void {
    const begin = this.#open ? '' : '\x1b[?1049h\x1b[?25l'
    this.#open = true
    // Each line ends what stood there before, and the last one what stood below.
    this.#out.write(`${begin}\x1b[H${lines.map((line) => `${line}\x1b[K`).join('\r\n')}\x1b[J`)
  }

  /** Gives the screen back; may be called again. */
  close(): void {
    if (!this.#open) return
    this.#open = false
    this.#out.write('\x1b[?25h\x1b[?1049l')
  }
}
