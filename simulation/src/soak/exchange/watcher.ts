import { Line, type Message } from './line.ts'

/** A drop copy: is told everything, and enters nothing. */
export class Watcher extends Line {
  /** Events, of all commands. */
  events = 0

  protected override begun(): void {
    // What it asked for goes on by itself.
  }

  protected override reported(_report: Message, events: readonly Message[]): void {
    this.events += events.length
  }

  protected override refused(ref: number, code: string): void {
    this.wrong.push(`The drop copy was refused with ${code} (${ref})`)
  }

  protected override get waits(): boolean {
    return true
  }

  protected override tick(): void {
    // It only listens.
  }
}
