import { answer, command, commandType, marketSetting, noPrice, phase, words } from '../layout.ts'
import { accountChange, cureOf, openingOfAccount } from './generated-accounts.ts'
import { type NamedWords, orderWords, priceNear } from './generated-orders.ts'
import type { NaiveMarket } from './naive/market.ts'
import type { Order } from './naive/order.ts'
import { highWord, lowWord } from './naive/words.ts'
import type { CommandWeights, Profile } from './profiles.ts'
import type { Random } from './random.ts'

/** A command, and the one that entered the order that it means. */
export interface GeneratedCommand {
  readonly words: Int32Array
  readonly target: GeneratedCommand | undefined
}

const firstTime = 1_700_000_000_000_000

/** Makes commands that are likely to meet the interesting cases of what the market is like at the moment. */
export class Generator {
  readonly #random: Random
  readonly #profile: Profile
  readonly #market: NaiveMarket
  readonly #waiting: NamedWords[]
  /** Some markets never get a reference price. */
  readonly #hasReference: boolean
  /** By order number. */
  readonly #enteredBy = new Map<number, GeneratedCommand>()
  #last: GeneratedCommand | undefined
  #lastEntry: NamedWords | undefined
  #time = firstTime
  #entries = 0

  constructor(random: Random, profile: Profile, market: NaiveMarket) {
    this.#random = random
    this.#profile = profile
    this.#market = market
    this.#hasReference = profile.config.risk || random.percent(60)
    this.#waiting = openingCommands(random, profile, this.#hasReference)
  }

  /** To be called before the market has carried out the command and after it has the one before. */
  next(): GeneratedCommand {
    this.#noteEntry()
    this.#advance()
    const named =
      this.#waiting.shift() ?? this.#repair() ?? this.#command(this.#random.weighted(this.#profile.weights))
    const words = this.#toWords(named)
    this.#last = { words, target: this.#targetOf(words) }
    return this.#last
  }

  #noteEntry(): void {
    const { entries } = this.#market.state
    if (entries > this.#entries && this.#last !== undefined) this.#enteredBy.set(entries, this.#last)
    this.#entries = entries
  }

  #targetOf(list: Int32Array): GeneratedCommand | undefined {
    const number = list[command.order] ?? 0
    const living = this.#market.state.living().find((order) => order.number === number)
    return living?.slot === list[command.slot] ? this.#enteredBy.get(number) : undefined
  }

  #toWords(named: NamedWords): Int32Array {
    const time = this.#random.oneIn(60) ? this.#time - this.#random.below(5_000_000) : this.#time
    const list = new Int32Array(words)
    list[command.timeLow] = lowWord(time)
    list[command.timeHigh] = highWord(time)
    for (const [name, position] of Object.entries(command)) {
      const value = named[name]
      if (value !== undefined) list[position] = value
    }
    if (named.corrupt === 1) this.#corrupt(list)
    return list
  }

  /** Whole seconds now and then, since orders expire at them. */
  #advance(): void {
    this.#time += this.#random.pick([0, 0, 1, 1000, 200_000, 700_000])
    if (this.#random.oneIn(12)) this.#time = Math.ceil(this.#time / 1_000_000) * 1_000_000
  }

  #corrupt(list: Int32Array): void {
    const random = this.#random
    const position = random.below(words)
    const present = list[position] ?? 0
    list[position] = random.pick([-1, 1, 0, 2 ** 31 - 1, -(2 ** 31), present ^ (1 << random.below(32)), 9])
  }

  #command(kind: keyof CommandWeights): NamedWords {
    const random = this.#random
    const { config } = this.#profile
    switch (kind) {
      case 'enter':
        return this.#enter()
      case 'amend':
        return this.#amend()
      case 'cancel':
        return this.#cancel()
      case 'massCancel':
        return { type: commandType.massCancel, flags: random.below(3), ...this.#accountOrSession() }
      case 'phase':
        return this.#phase()
      case 'reference':
        if (!this.#hasReference) return { type: commandType.indicate, price: this.#optionalPrice() }
        return { type: commandType.reference, price: this.#price() }
      case 'set':
        return this.#set()
      case 'indicate':
        return { type: commandType.indicate, price: this.#optionalPrice() }
      case 'tick':
        return { type: commandType.tick }
      case 'endOfDay':
        return { type: commandType.endOfDay }
      case 'account':
        return this.#accountField()
      case 'mark':
        return { type: commandType.mark, price: this.#price() }
      case 'kill':
        return this.#kill()
      case 'adjust':
        return this.#adjust(random.between(1, config.accounts))
      case 'malformed':
        return this.#malformed()
    }
  }

  /** Now and then the same as before, for limits of repeated orders. */
  #enter(): NamedWords {
    const fresh = orderWords(this.#random, this.#profile, this.#market.state, this.#time)
    const again = this.#profile.config.risk && this.#random.oneIn(10) ? this.#lastEntry : undefined
    this.#lastEntry = again === undefined ? fresh : { ...again, clientLow: fresh.clientLow }
    return this.#lastEntry
  }

  #adjust(account: number): NamedWords {
    const quantity = this.#random.between(1, this.#profile.largestQuantity)
    return { type: commandType.adjust, account, flags: this.#random.below(4), quantity, price: this.#price() }
  }

  #price(): number {
    return priceNear(this.#random, this.#profile, this.#market.state)
  }

  #optionalPrice(): number {
    return this.#random.oneIn(2) ? noPrice : this.#price()
  }

  #livingOrder(): Order | undefined {
    const living = this.#market.state.living()
    return living.length === 0 ? undefined : this.#random.pick(living)
  }

  /** Mostly the owner's words, found by number or by client id. */
  #wordsOf(order: Order): NamedWords {
    const random = this.#random
    const account = random.percent(88)
      ? order.account
      : random.pick([0, random.between(1, this.#profile.config.accounts)])
    const byId = this.#profile.config.risk && random.percent(30)
    const { clientLow, clientHigh, number, slot } = order
    if (byId) return { account, clientLow, clientHigh }
    return { account, order: number, slot: random.oneIn(40) ? slot + 1 : slot }
  }

  #amend(): NamedWords {
    const random = this.#random
    const order = this.#livingOrder()
    if (order === undefined) return this.#enter()
    const total = order.executed + order.leaves
    const changes = [0, -1, 1, -random.below(order.leaves + 1), random.below(this.#profile.largestQuantity)]
    const trails = order.distance > 0 && this.#market.state.isHeld(order)
    const price = random.oneIn(2) ? order.price : trails ? random.below(4) : this.#price()
    const stop = trails ? order.distance : order.stop
    return {
      type: commandType.amend,
      ...this.#wordsOf(order),
      price,
      quantity: random.oneIn(30) ? order.executed : total + random.pick(changes),
      stop: random.percent(70) ? stop : Math.max(stop + random.between(-3, 3), trails ? 1 : stop - 1),
    }
  }

  #cancel(): NamedWords {
    const order = this.#livingOrder()
    return order === undefined ? this.#enter() : { type: commandType.cancel, ...this.#wordsOf(order) }
  }

  #accountOrSession(): NamedWords {
    const random = this.#random
    const account = random.between(1, this.#profile.config.accounts)
    const session = random.between(1, this.#profile.config.sessions)
    return random.pick([{}, { account }, { account }, { session }, { account, session }])
  }

  #phase(): NamedWords {
    const random = this.#random
    const reopens = this.#market.state.phase !== phase.continuous && random.percent(this.#profile.reopen)
    const flags = reopens ? phase.continuous : random.pick(Object.values(phase))
    return { type: commandType.phase, flags, price: this.#optionalPrice() }
  }

  #set(): NamedWords {
    const random = this.#random
    const { spread, largestQuantity } = this.#profile
    const setting = random.pick(Object.values(marketSetting))
    const values = {
      [marketSetting.active]: [1, 1, 1, 0],
      [marketSetting.staticRange]: [0, spread, 2 * spread, 4 * spread],
      [marketSetting.dynamicRange]: [0, 1, Math.ceil(spread / 2), spread, 2 * spread],
      [marketSetting.protection]: [0, 1, spread],
      [marketSetting.priceStep]: [1, 1, 1, 2, 5],
      [marketSetting.quantityStep]: [1, 1, 1, 2],
      [marketSetting.largestOrder]: [largestQuantity, largestQuantity, 2 * largestQuantity, 3],
    }
    return { type: commandType.set, flags: setting, quantity: random.pick(values[setting]) }
  }

  #accountField(): NamedWords {
    const [field, value] = accountChange(this.#random, this.#profile)
    return settingOfAccount(this.#random.between(1, this.#profile.config.accounts), field, value)
  }

  #kill(): NamedWords {
    const flags = this.#random.below(2) + (this.#random.oneIn(3) ? 2 : 0)
    return { type: commandType.kill, flags, ...this.#accountOrSession() }
  }

  /** Brings a market back in which nearly everything is refused, so that it is not left so for long. */
  #repair(): NamedWords | undefined {
    const random = this.#random
    const { killed, killedAccounts, killedSessions, settings, phase: now } = this.#market.state
    const [account] = killedAccounts
    const [session] = killedSessions
    if (now !== phase.continuous && random.percent(this.#market.state.collects() ? 3 : 20))
      return this.#phase()
    if (!random.percent(15)) return undefined
    const cure = this.#cure()
    if (cure !== undefined) return cure
    if (settings.active === 0) return { type: commandType.set, flags: marketSetting.active, quantity: 1 }
    if (killed) return { type: commandType.kill }
    if (account !== undefined) return { type: commandType.kill, account }
    return session === undefined ? undefined : { type: commandType.kill, session }
  }

  /** What the account of the last command lacked; more than one command of it waits for its turn. */
  #cure(): NamedWords | undefined {
    const { records } = this.#market
    const account = records[answer.account] ?? 0
    for (const [field, value] of cureOf(records[answer.reason] ?? 0)) {
      this.#waiting.push(settingOfAccount(account, field, value))
    }
    return this.#waiting.shift()
  }

  #malformed(): NamedWords {
    const kinds = ['enter', 'amend', 'cancel', 'massCancel', 'phase', 'set', 'account', 'kill'] as const
    if (this.#random.oneIn(12)) return { type: this.#random.pick([0, -1, 15, 99]) }
    return { ...this.#command(this.#random.pick(kinds)), corrupt: 1 }
  }
}

const settingOfAccount = (account: number, field: number, value: number): NamedWords => ({
  type: commandType.account,
  account,
  flags: field,
  clientLow: lowWord(value),
  clientHigh: highWord(value),
})

/** A market that is open, with accounts that may trade. */
const openingCommands = (random: Random, profile: Profile, hasReference: boolean): NamedWords[] => {
  const { config } = profile
  const middle = Math.round((config.lowestPrice + config.highestPrice) / 2)
  const opening: NamedWords[] = []
  if (hasReference) opening.push({ type: commandType.reference, price: middle })
  if (config.risk) {
    for (let account = 1; account <= config.accounts; account += 1) {
      for (const [field, value] of openingOfAccount(random)) {
        opening.push(settingOfAccount(account, field, value))
      }
    }
  }
  opening.push({ type: commandType.phase, flags: phase.continuous, price: noPrice })
  return opening
}
