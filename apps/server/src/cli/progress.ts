/** How often a terminal's line is drawn anew, and how often a plain line is written elsewhere. */
const drawEveryMs = 200
const tellEveryMs = 10_000
const barWidth = 24

/** Shows on standard error how far something is: one line that changes on a terminal, now and then a line elsewhere. */
export class Progress {
  readonly #label: string
  readonly #isTerminal = process.stderr.isTTY === true
  readonly #started = performance.now()
  #shown = this.#started
  #drawn = false
  /** What was done when it began, which took none of its time. */
  #before = 0

  constructor(label: string) {
    this.#label = label
  }

  /** Done by an earlier run. */
  skip(done: number): void {
    this.#before = done
  }

  /** `more` stands at the end, such as `12,000 transactions`. */
  show(done: number, of: number, more = ''): void {
    const now = performance.now()
    const everyMs = this.#isTerminal ? drawEveryMs : tellEveryMs
    if (now - this.#shown < everyMs) return
    this.#shown = now
    const line = this.#line(done, of, more, now)
    if (!this.#isTerminal) {
      process.stderr.write(`${line}\n`)
      return
    }
    this.#drawn = true
    process.stderr.write(`\r\u001b[K${line.slice(0, (process.stderr.columns ?? 80) - 1)}`)
  }

  /** Takes the line away, so that what comes next stands alone. */
  end(): void {
    if (this.#drawn) process.stderr.write('\r\u001b[K')
    this.#drawn = false
  }

  #line(done: number, of: number, more: string, now: number): string {
    const share = of === 0 ? 1 : Math.min(1, done / of)
    const filled = Math.round(share * barWidth)
    const bar = `${'█'.repeat(filled)}${'·'.repeat(barWidth - filled)}`
    const parts = [`${this.#label} ${bar} ${Math.floor(share * 100)} %`, more, this.#left(done, of, now)]
    return parts.filter((part) => part !== '').join(', ')
  }

  #left(done: number, of: number, now: number): string {
    const progress = done - this.#before
    if (progress <= 0) return ''
    const seconds = Math.ceil(((now - this.#started) / progress) * ((of - done) / 1_000))
    return seconds < 60 ? `${seconds} s left` : `${Math.ceil(seconds / 60)} min left`
  }
}
