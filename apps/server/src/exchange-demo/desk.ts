import { type Actor, type Context, localContext, systemClock, systemRandom } from '@florin/kernel'
import type { Program } from '../program.ts'

const operator: Actor = { id: 'demo', kind: 'system', permissions: ['*'] }

/** Calls operations within this process, as an operator who may do everything. */
export class Desk {
  readonly #program: Program
  #calls = 0

  constructor(program: Program) {
    this.#program = program
  }

  /** Runs a command that must not be refused. */
  async done(name: string, input: unknown, reason?: string): Promise<unknown> {
    const command = this.#program.registry.commands.get(name)
    if (command === undefined) throw new Error(`There is no command ${name}`)
    this.#calls++
    const answer = await this.#program.engine.execute(command, input, this.#context(reason))
    if (answer.status === 'done') return answer.output
    throw new Error(
      `${name} was ${answer.status === 'refused' ? `refused: ${answer.refusal.message}` : answer.status}`,
    )
  }

  ask(name: string, input: unknown): Promise<unknown> {
    const query = this.#program.registry.queries.get(name)
    if (query === undefined) throw new Error(`There is no query ${name}`)
    return this.#program.engine.ask(query, input, this.#context())
  }

  #context(reason?: string): Context {
    return localContext({
      actor: operator,
      clock: systemClock,
      random: systemRandom,
      idempotencyKey: `demo-${this.#calls}`,
      ...(reason === undefined ? {} : { reason }),
    })
  }
}
