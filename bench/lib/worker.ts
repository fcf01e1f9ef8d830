import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'

/** A program of ours in a process of its own that does one job after the other. */
export class Worker<J extends object, R> {
  readonly #child: ChildProcess

  constructor(program: URL) {
    // Without the arguments of this process, which may tell it to watch a parent by a descriptor that is taken here.
    this.#child = fork(program, { serialization: 'advanced', execArgv: [] })
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error('The worker did not start')
    return this.#child.pid
  }

  /** Gives the answer to the job; throws what the worker threw, or that it died. */
  async run(job: J): Promise<R> {
    const answer = new Promise<Answered<R>>((resolve, reject) => {
      this.#child.once('message', (message) => resolve(message as Answered<R>))
      this.#child.once('exit', died)
      this.#child.once('error', reject)
      function died(code: number | null): void {
        reject(new Error(`A worker ended with ${code}`))
      }
    })
    this.#child.send(job)
    try {
      const answered = await answer
      if ('failed' in answered) throw new Error(answered.failed)
      return answered.done
    } finally {
      for (const event of ['exit', 'error']) this.#child.removeAllListeners(event)
    }
  }

  async stop(): Promise<void> {
    const gone = once(this.#child, 'exit')
    this.#child.disconnect()
    await gone
  }
}

type Answered<R> = { readonly done: R } | { readonly failed: string }

/** The worker's side: does each job that comes, and ends when nobody is there any more. */
export function serveJobs<J extends object, R>(work: (job: J) => Promise<R>, end: () => Promise<void>): void {
  process.on('message', (job) => {
    work(job as J).then(
      (done) => process.send?.({ done }),
      (error: unknown) =>
        process.send?.({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    )
  })
  process.once('disconnect', () => {
    end().then(
      () => process.exit(0),
      () => process.exit(1),
    )
  })
}
