import { type Answer, Database, isConnectionLoss, RequestError } from '@florin/kernel'
import { World, type WorldOptions } from '@florin/kernel/testing'

/** Answers that say "send it again": everything else under a fault is a defect. */
const again = new Set<string>(['database_unavailable', 'overloaded'])
/** Nothing may take longer to recover than this. */
const patienceMs = 60_000

/** Repeats until it is answered, as a client should; throws what is no reason to repeat, and when it takes too long. */
export async function insist<T>(
  work: () => Promise<T>,
  onAgain: (error: unknown) => void = () => undefined,
): Promise<T> {
  const began = performance.now()
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!isPassing(error)) throw error
      if (performance.now() - began > patienceMs)
        throw new Error('It did not recover in time', { cause: error })
      onAgain(error)
      // lets sockets and timers have their turn; a call that fails at once must not starve what would heal it
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}

function isPassing(error: unknown): boolean {
  return isConnectionLoss(error) || (error instanceof RequestError && again.has(error.code))
}

/** Sees the database itself, whatever is done to the wire; waits while it is away. */
export class PatientDatabase extends Database {
  override query<R extends object>(text: string, values: readonly unknown[] = []): Promise<R[]> {
    return insist(() => super.query<R>(text, values))
  }
}

/** A world in which every call is repeated until there is an outcome, and counted. */
export class PatientWorld extends World {
  override readonly adminDatabase: Database
  readonly #first = new Set<string>()
  /** How often each passing error was told. */
  readonly told = new Map<string, number>()
  calls = 0

  constructor(options: WorldOptions, storage: ConstructorParameters<typeof World>[1], directUrl: string) {
    super(options, storage)
    // the one that goes by the wire has not connected yet, and never will
    this.adminDatabase = new PatientDatabase(directUrl)
  }

  override async execute(...call: Parameters<World['execute']>): Promise<Answer> {
    const [name, , options] = call
    this.calls++
    const answer = await insist(
      () => super.execute(...call),
      (error) => this.#count(error),
    )
    // Its COMMIT may have been lost on the way back, and the first answer is then a repeat to Florin, not to us.
    const id = `${name} ${options?.key}`
    const fresh = options?.key !== undefined && !this.#first.has(id)
    if (options?.key !== undefined) this.#first.add(id)
    return fresh ? { ...answer, replayed: false } : answer
  }

  override verify(): ReturnType<World['verify']> {
    return insist(() => super.verify())
  }

  #count(error: unknown): void {
    const code = error instanceof RequestError ? error.code : 'connection lost'
    this.told.set(code, (this.told.get(code) ?? 0) + 1)
  }
}
