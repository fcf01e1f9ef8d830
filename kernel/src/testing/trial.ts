import { RequestError } from '../errors.ts'
import type { Engine } from '../pipeline/engine.ts'
import type { Answer } from '../pipeline/outcomes.ts'
import { withoutSecrets } from '../pipeline/outcomes.ts'
import { type Command, isBatched } from '../registry.ts'
import { exampleActor, exampleKey, waitForExample } from './examples.ts'
import type { Stage } from './stage.ts'
import type { State } from './state.ts'
import type { World, WorldOptions } from './world.ts'

/** One command on trial: its example, the state it starts from, and what a run without any mishap comes to. */
export class Trial {
  readonly command: Command
  readonly options: WorldOptions
  readonly #stage: Stage
  #reference: Promise<Reference> | undefined

  constructor(command: Command, options: WorldOptions, stage: Stage) {
    this.command = command
    this.options = options
    this.#stage = stage
  }

  get name(): string {
    return this.command.name
  }

  get input(): Readonly<Record<string, unknown>> {
    return this.command.example.input
  }

  get key(): string {
    return exampleKey(this.name)
  }

  /** Runs `work` in a fresh world at the stage and takes the world down. */
  async inWorld<T>(work: (world: World) => Promise<T>, overrides: Partial<WorldOptions> = {}): Promise<T> {
    const world = await this.#stage.open(overrides)
    waitForExample(world, this.name)
    let result: T
    try {
      result = await work(world)
    } catch (error) {
      // What went wrong first is what to tell; connections leaked by it are no news.
      await world.close().catch(() => undefined)
      throw error
    }
    await world.close()
    return result
  }

  /** Sends the example; `with` changes what is sent. */
  send(world: World, changed: { key?: string; input?: unknown; engine?: Engine } = {}): Promise<Answer> {
    const { reason } = this.command.example
    const { input = this.input, key = this.key, engine = world.engine } = changed
    const actor = exampleActor(this.command.example)
    return world.execute(this.name, input, {
      key,
      engine,
      actor,
      ...(reason === undefined ? {} : { reason }),
    })
  }

  /** The answer that a repeat gets. */
  replayOf(answer: Answer): Answer {
    const shownOnce = (!isBatched(this.command) && this.command.shownOnce) || []
    const output = answer.status === 'done' ? { output: withoutSecrets(answer.output, shownOnce) } : {}
    return { ...answer, ...output, replayed: true }
  }

  /** One clean run, remembered. */
  reference(): Promise<Reference> {
    this.#reference ??= this.inWorld(async (world) => {
      const before = await world.state()
      const statements: string[] = []
      world.database.interceptor = (statement, stage) => {
        if (stage === 'before') statements.push(statement)
      }
      const answer = await this.send(world)
      world.database.interceptor = undefined
      return { before, answer, statements, after: await world.state() }
    })
    return this.#reference
  }
}

export interface Reference {
  readonly before: State
  readonly after: State
  readonly answer: Answer
  readonly statements: readonly string[]
}

/** What became of a call: its answer, or the code of the error it was told. Any other error is passed on. */
export async function outcomeOf(call: Promise<Answer>): Promise<Answer | { readonly error: string }> {
  try {
    return await call
  } catch (error) {
    if (error instanceof RequestError) return { error: error.code }
    throw error
  }
}
