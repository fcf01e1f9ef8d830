import { requestId } from '@florin/kernel'
import { outcomeOf, type World } from '@florin/kernel/testing'
import { expect } from 'vitest'
import { LedgerModel } from '../../src/testing/model/ledger-model.ts'
import type { Request, Told } from '../../src/testing/model/requests.ts'
import { expectedOutcome, outcomeShown } from './outcomes.ts'
import { Requests } from './requests-of.ts'
import { decimals } from './scene.ts'
import { ledgerState, modelState } from './states.ts'
import type { Force, Step } from './steps.ts'

interface Sent {
  readonly request: Request
  readonly key: string
  readonly reason: string | undefined
  readonly outcome: unknown
}

/** One generated history, told to the ledger and to the model side by side. */
export class History {
  readonly #world: World
  readonly #other: World['engine']
  readonly #model: LedgerModel
  readonly #ledger: string
  readonly #sent: Sent[] = []
  #calls = 0

  constructor(world: World, other: World['engine'], ledger: string) {
    this.#world = world
    this.#other = other
    this.#ledger = ledger
    const precedence = (command: string) => world.registry.commands.get(command)?.refusals ?? []
    this.#model = new LedgerModel(decimals, precedence)
  }

  async tell(steps: readonly Step[]): Promise<void> {
    await this.#world.done('ledger.open', { ledger: this.#ledger }, { key: this.#ledger })
    for (const [i, step] of steps.entries()) {
      await this.#take(step, `step ${i}`)
      expect(await ledgerState(this.#world, this.#ledger), `state after step ${i}`).toEqual(
        modelState(this.#model.books),
      )
    }
    expect(await this.#world.verify()).toEqual([])
  }

  async #take(step: Step, label: string): Promise<void> {
    switch (step.do) {
      case 'clock':
        this.#world.clock.advance(step.ms)
        break
      case 'repeat':
        await this.#repeat(step, label)
        break
      case 'reuse key':
        await this.#reuseKey(step.pick, label)
        break
      case 'at once':
        await this.#atOnce(step, label)
        break
      case 'no ledger':
        await this.#noLedger(step, label)
        break
      default:
        await this.#send(this.#requests().of(step), 'force' in step ? step.force : 'no', label)
    }
  }

  #requests(): Requests {
    return new Requests(this.#model, this.#world.clock.now())
  }

  async #send(request: Request, force: Force, label: string): Promise<void> {
    const key = `${this.#ledger}-${this.#calls++}`
    const reason = force === 'with reason' ? 'The model says so' : undefined
    const outcome = await this.#execute({ request, key, reason })
    this.#sent.push({ request, key, reason, outcome })
    const told = this.#ask(request, key, reason)
    expect(outcome, `${label}: ${JSON.stringify(request)}`).toMatchObject(
      expectedOutcome(this.#model, request, told, false),
    )
  }

  async #execute(
    sent: Pick<Sent, 'request' | 'key' | 'reason'>,
    engine = this.#world.engine,
  ): Promise<unknown> {
    const { request, key, reason } = sent
    const input = { ledger: this.#ledger, ...request.input }
    const options = { key, engine, ...(reason === undefined ? {} : { reason }) }
    return outcomeShown(await outcomeOf(this.#world.execute(request.command, input, options)))
  }

  #ask(request: Request, key: string, reason: string | undefined): Told {
    const id = requestId('admin', request.command, key)
    const itemId = (i: number) => requestId('admin', 'part of a call', `${id}/${i}`)
    return this.#model.execute({ request, id, reason, now: this.#world.clock.now(), itemId })
  }

  /** An earlier call again gets its first answer, whatever has happened since. */
  async #repeat(step: Extract<Step, { do: 'repeat' }>, label: string): Promise<void> {
    const sent = this.#sent[step.pick % (this.#sent.length + 1)]
    if (sent === undefined) return
    const again = await this.#execute(sent, step.otherEngine ? this.#other : this.#world.engine)
    expect(again, `${label} repeats ${JSON.stringify(sent)}`).toEqual({
      ...(typeof sent.outcome === 'object' ? sent.outcome : {}),
      replayed: true,
    })
  }

  async #reuseKey(pick: number, label: string): Promise<void> {
    const sent = this.#sent[pick % (this.#sent.length + 1)]
    if (sent === undefined) return
    const { key, reason } = sent
    const outcome = await this.#execute({ key, reason, request: withOtherPayload(sent.request) })
    expect(outcome, label).toEqual({ error: 'idempotency_key_reused' })
  }

  /** Calls at the same time come to what they come to one after another, in the order of their records. */
  async #atOnce(step: Extract<Step, { do: 'at once' }>, label: string): Promise<void> {
    // Otherwise they would expire before the first call of each batch: as right, but another order.
    for (const { id } of this.#model.due(this.#world.clock.now())) {
      await this.#send({ command: 'ledger.hold.expire', input: { hold: id } }, 'no', label)
    }
    const calls = step.transactions.map((raw) => ({
      key: `${this.#ledger}-${this.#calls++}`,
      request: {
        command: 'ledger.transaction.post' as const,
        input: this.#requests().transaction(raw, 'no'),
      },
      reason: undefined,
    }))
    const outcomes = await Promise.all(
      calls.map((call, i) => this.#execute(call, i % 2 === 0 ? this.#world.engine : this.#other)),
    )
    const sent = calls.map((call, i) => ({ ...call, outcome: outcomes[i] }))
    this.#sent.push(...sent)
    const bySeq = await this.#inOrderOfRecords(sent)
    for (const call of bySeq) {
      const told = this.#ask(call.request, call.key, undefined)
      expect(call.outcome, `${label}: ${JSON.stringify(call.request)}`).toMatchObject(
        expectedOutcome(this.#model, call.request, told, false),
      )
    }
  }

  async #inOrderOfRecords<S extends Sent>(sent: readonly S[]): Promise<S[]> {
    const rows = await this.#world.adminDatabase.query<{ idempotency_key: string }>(
      `SELECT idempotency_key FROM ledger.journal WHERE idempotency_key = ANY($1::text[]) ORDER BY seq`,
      [sent.map((call) => call.key)],
    )
    expect(rows).toHaveLength(sent.length)
    return rows.flatMap((row) => sent.filter((call) => call.key === row.idempotency_key))
  }

  async #noLedger(step: Extract<Step, { do: 'no ledger' }>, label: string): Promise<void> {
    const input = { ledger: 'nowhere', ...this.#requests().transaction(step.transaction, 'no') }
    const answer = await this.#world.execute('ledger.transaction.post', input)
    expect(outcomeShown(answer), label).toMatchObject({ code: 'ledger_not_found', replayed: false })
  }
}

/** Another payload of the same form. */
function withOtherPayload(request: Request): Request {
  switch (request.command) {
    case 'ledger.account.open':
    case 'ledger.account.close':
      return { ...request, input: { ...request.input, address: 'cust:other' } }
    case 'ledger.account.freeze':
      return { ...request, input: { ...request.input, address: 'cust:other' } }
    case 'ledger.account.limit':
      return { ...request, input: { ...request.input, address: 'cust:other' } }
    case 'ledger.chart.set': {
      const [first] = request.input.templates
      return { ...request, input: { templates: first === undefined ? [] : [{ ...first, address: 'other' }] } }
    }
    case 'ledger.transaction.batch': {
      const { transactions } = request.input
      return { ...request, input: { ...request.input, transactions: [...transactions, ...transactions] } }
    }
    case 'ledger.hold.release':
    case 'ledger.hold.expire': {
      const hold = requestId('nobody', 'another', 'hold')
      return request.command === 'ledger.hold.expire'
        ? { command: request.command, input: { hold } }
        : { command: request.command, input: { ...request.input, hold } }
    }
    case 'ledger.transaction.post':
      return { ...request, input: { ...request.input, reference: 'another' } }
    case 'ledger.transaction.reverse':
      return { ...request, input: { ...request.input, transaction: requestId('nobody', 'another', 'one') } }
    case 'ledger.transaction.correct':
      return { ...request, input: { ...request.input, reference: 'another' } }
    case 'ledger.hold.reserve':
      return {
        ...request,
        input: { ...request.input, amount: `${request.input.amount}0`.slice(-20).replace(/^[0.]+/, '7') },
      }
    case 'ledger.hold.settle':
      return { ...request, input: { ...request.input, hold: requestId('nobody', 'another', 'hold') } }
  }
}
