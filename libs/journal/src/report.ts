import type { JournalError, JournalNotice, NotRepresented, SourceRef } from './model.ts'

/** Collects everything a reader has to say besides the books themselves. */
export class Report {
  readonly errors: JournalError[] = []
  readonly notices: JournalNotice[] = []
  readonly notRepresented: NotRepresented[] = []
  assertions = 0
  /** Remarks beyond the limit: counted, not kept. */
  untold = 0
  readonly #most: number

  /** `most` remarks of each sort are kept; errors beyond it would not help, and remarks must not fill the memory. */
  constructor(most = Number.POSITIVE_INFINITY) {
    this.#most = most
  }

  error(at: SourceRef, code: string, message: string, detail: Partial<JournalError> = {}): void {
    if (this.errors.length >= this.#most) this.untold++
    else this.errors.push({ file: at.file, line: at.line, code, message, ...detail })
  }

  notice(at: SourceRef, code: string, message: string): void {
    if (this.notices.length >= this.#most) this.untold++
    else this.notices.push({ file: at.file, line: at.line, code, message })
  }

  skipped(at: SourceRef, what: string, why: string): void {
    if (this.notRepresented.length >= this.#most) this.untold++
    else this.notRepresented.push({ file: at.file, line: at.line, what, why })
  }

  /** Files in the order they were read, lines ascending: the order a person would fix them in. */
  sort(files: readonly string[]): void {
    const rank = new Map(files.map((file, index) => [file, index]))
    const order = (a: SourceRef, b: SourceRef) =>
      (rank.get(a.file) ?? -1) - (rank.get(b.file) ?? -1) || a.line - b.line
    this.errors.sort(order)
    this.notices.sort(order)
    this.notRepresented.sort(order)
  }
}
