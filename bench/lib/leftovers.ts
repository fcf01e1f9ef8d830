/** What must be undone when the run is interrupted. */
const pending = new Set<() => Promise<void>>()
let interrupted = false

/** Runs work, and `undo` once after it, also when somebody presses Ctrl-C meanwhile. */
export async function undoing<T>(undo: () => Promise<void>, work: () => Promise<T>): Promise<T> {
  pending.add(undo)
  try {
    return await work()
  } finally {
    // Work that fails because it was interrupted has nothing to tell: the interruption undoes and ends everything.
    if (interrupted) await new Promise(() => undefined)
    pending.delete(undo)
    await undo()
  }
}

/** Undoes the last things first and ends, as interrupted programs do. */
export function undoOnInterrupt(): void {
  const end = (code: number) => async (): Promise<void> => {
    if (interrupted) return
    interrupted = true
    for (const undo of [...pending].reverse()) await undo()
    process.exit(code)
  }
  process.on('SIGINT', end(130))
  process.on('SIGTERM', end(143))
}
