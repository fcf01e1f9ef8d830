import {
  allows,
  closeCode,
  type SocketConnection,
  type SocketHandler,
  type SocketTools,
  uuidv7,
} from '@florin/kernel'
import { amendWords, cancelWords, enterWords, massCancelWords } from '../domain/order-words.ts'
import { tradePermission, watchAllPermission, watchPermission } from '../permissions.ts'
import { ownerOf } from '../sequencer/owners.ts'
import type { Sequencer } from '../sequencer/sequencer.ts'
import { accountsByCode, accountsById, listAccounts } from '../store/accounts.ts'
import { readHead } from '../store/heads.ts'
import { forgetLogin, type LoginRow, noteLogins } from '../store/logins.ts'
import { findMarket } from '../store/markets.ts'
import { findSession, type SessionRecord } from '../store/sessions.ts'
import type { Report } from '../wire/reports.ts'
import { disconnectsOf } from './disconnects.ts'
import { MarketFeed } from './market-feed.ts'
import {
  elsewhere,
  MessageRefused,
  refusalOf,
  refuseFuture,
  refuseStrayResume,
  throttled,
} from './message-refused.ts'
import { type ClientMessage, type Login, type OrderMessage, readMessage, type Watch } from './messages.ts'
import { ReportFeed, type Watched } from './report-feed.ts'
import { type Rate, Throttle } from './throttle.ts'

/** Why the exchange closes a connection, beside the codes that all connections know. */
export const exchangeCloseCode = {
  /** The session was logged in to again elsewhere. */
  replaced: 4001,
  /** It did not read what was sent to it. */
  tooSlow: 4002,
  /** The market is run by another process now: connect there, and resume. */
  marketLost: 4003,
} as const

/** The connection that is logged in to each session, by database. */
const loggedIn = new WeakMap<object, Map<bigint, OrderSession>>()

interface OpenMarket {
  readonly sequencer: Sequencer
  readonly feed: ReportFeed
  /** Numbers of the messages by the numbers of their commands, until these are told. */
  readonly refs: Map<number, number>
}

/** One connection for order entry, or for watching it. */
export class OrderSession implements SocketHandler {
  readonly #connection: SocketConnection
  readonly #tools: SocketTools
  readonly #throttle: Throttle
  readonly #markets = new Map<string, OpenMarket>()
  /** Numbers of the accounts it may trade for, by code. */
  #accounts: ReadonlyMap<string, number> = new Map()
  #session: SessionRecord | undefined
  #logins: readonly LoginRow[] = []
  #state: 'new' | 'opening' | 'open' | 'gone' = 'new'
  #lastRef = 0
  #room = Promise.withResolvers<void>()

  constructor(connection: SocketConnection, tools: SocketTools, rate: Rate) {
    this.#connection = connection
    this.#tools = tools
    this.#throttle = new Throttle(tools.clock, rate)
  }

  message(value: unknown): void {
    const message = readMessage(value)
    const { ref } = 'read' in message ? message.read : message
    try {
      if (!('read' in message)) throw this.#unreadable(message.message)
      this.#take(message.read)
    } catch (error) {
      this.#fail(ref, error)
    }
  }

  drained(): void {
    this.#room.resolve()
    this.#room = Promise.withResolvers()
  }

  closed(): void {
    this.#leave()
    const disconnects = disconnectsOf(this.#tools.database, this.#tools.log)
    for (const login of this.#logins) disconnects.lost(login)
  }

  /** Another connection has logged in to the session: this one ends, and nothing is cancelled. */
  replace(): void {
    this.#logins = []
    this.#leave()
    this.#connection.close(exchangeCloseCode.replaced, 'The session was logged in to by another connection')
  }

  /** Counts like any other message: who sends rubbish is not to be answered more often than others. */
  #unreadable(why: string): MessageRefused {
    return this.#throttle.take() ? new MessageRefused('invalid_input', why) : throttled()
  }

  #take(message: ClientMessage): void {
    if (message.ref <= this.#lastRef)
      throw new MessageRefused(
        'exchange_message_order',
        `A ref is greater than those before: ${this.#lastRef}`,
      )
    this.#lastRef = message.ref
    if (!this.#throttle.take()) throw throttled()
    switch (message.type) {
      case 'login':
      case 'watch':
        this.#open(message)
        break
      case 'logout':
        this.#logout()
        break
      default:
        this.#order(message)
    }
  }

  #open(message: Login | Watch): void {
    if (this.#state !== 'new') throw new MessageRefused('exchange_session_state', 'One login a connection')
    this.#state = 'opening'
    const opened = message.type === 'login' ? this.#login(message) : this.#watch(message)
    opened.catch((error: unknown) => {
      if (this.#state === 'opening') this.#state = 'new'
      this.#fail(message.ref, error)
    })
  }

  async #login(message: Login): Promise<void> {
    const { database, clock, random, log } = this.#tools
    refuseStrayResume(message)
    const session = await findSession(database, message.session)
    if (session.closed_at !== null)
      throw new MessageRefused('session_closed', `The session "${session.code}" is closed`)
    const accounts = [...(await accountsById(database, session.accounts)).values()]
    for (const { code } of accounts) this.#demand(tradePermission(code))
    const sequencers = await this.#sequencers(message)
    if (this.#state !== 'opening') return
    this.#takeSession(session)
    this.#accounts = new Map(accounts.map(({ id, code }) => [code, Number(id)]))
    const logins = sequencers.map(({ market, epoch }) => ({
      market_id: market.id,
      session_id: session.id,
      id: uuidv7(clock, random),
      epoch,
      grace_ms: message.grace_ms ?? 0,
    }))
    for (const login of logins) disconnectsOf(database, log).returned(login)
    if (session.cancel_on_disconnect) {
      this.#logins = logins
      await noteLogins(database, logins, new Date(clock.now()))
    }
    await this.#begin(message, sequencers, new Map(accounts.map(({ id, code }) => [Number(id), code])))
  }

  async #watch(message: Watch): Promise<void> {
    const { database } = this.#tools
    refuseStrayResume(message)
    if (message.accounts === 'all') {
      this.#demand(watchAllPermission)
      const all = await listAccounts(database, {}, '', 1_000_000)
      const codes = new Map(all.map(({ id, code }) => [Number(id), code]))
      // Accounts that are opened later on are told by their numbers.
      const watched = { has: (id: number) => id > 0, get: (id: number) => codes.get(id) ?? `#${id}` }
      return this.#begin(message, await this.#sequencers(message), watched)
    }
    const accounts = await accountsByCode(database, message.accounts)
    for (const code of message.accounts) {
      if (!accounts.has(code))
        throw new MessageRefused('trading_account_not_found', `There is no trading account "${code}"`)
      this.#demand(watchPermission(code))
    }
    const watched = new Map([...accounts.values()].map(({ id, code }) => [Number(id), code]))
    await this.#begin(message, await this.#sequencers(message), watched)
  }

  /** Answers the login, then tells what was missed, then goes on with what happens. */
  async #begin(message: Login | Watch, sequencers: readonly Sequencer[], watched: Watched): Promise<void> {
    if (this.#state !== 'opening') return
    for (const sequencer of sequencers)
      this.#markets.set(sequencer.market.code, this.#marketOf(sequencer, watched))
    this.#state = 'open'
    this.#send({
      type: 'opened',
      ref: message.ref,
      markets: Object.fromEntries(
        [...this.#markets].map(([code, { feed }]) => [code, { seq: feed.position }]),
      ),
    })
    await Promise.all([...this.#markets].map(([code, { feed }]) => feed.start(message.resume?.[code])))
  }

  #marketOf(sequencer: Sequencer, watched: Watched): OpenMarket {
    const refs = new Map<number, number>()
    const { code } = sequencer.market
    const reader = {
      watched,
      report: (report: Report) => this.#report(code, refs, report),
      lost: () => this.#marketLost(code),
    }
    const room = () => this.#whenRoom()
    return {
      sequencer,
      refs,
      feed: new ReportFeed(this.#tools.database, MarketFeed.of(sequencer), reader, room),
    }
  }

  async #sequencers({ markets, resume = {} }: Login | Watch): Promise<Sequencer[]> {
    const { database } = this.#tools
    return Promise.all(
      markets.map(async (code) => {
        const market = await findMarket(database, code)
        const sequencer = ownerOf(database, market.id)
        if (sequencer !== undefined) {
          refuseFuture(sequencer, resume[code])
          return sequencer
        }
        const { address } = await readHead(database, market.id)
        throw elsewhere(code, address)
      }),
    )
  }

  #takeSession(session: SessionRecord): void {
    const { database } = this.#tools
    const sessions = loggedIn.get(database) ?? new Map<bigint, OrderSession>()
    loggedIn.set(database, sessions)
    sessions.get(session.id)?.replace()
    sessions.set(session.id, this)
    this.#session = session
  }

  #order(message: OrderMessage): void {
    const session = this.#session
    if (this.#state !== 'open' || session === undefined)
      throw new MessageRefused('exchange_session_state', 'Log in to a session first')
    const open = this.#markets.get(message.market)
    if (open === undefined)
      throw new MessageRefused('exchange_session_state', `The login named no market ${message.market}`)
    const { sequencer, refs } = open
    if (sequencer.lost) throw elsewhere(message.market, undefined)
    sequencer.submit(this.#wordsOf(message, sequencer, Number(session.id))).then(
      ({ firstSeq }) => refs.set(firstSeq, message.ref),
      (error: unknown) => this.#fail(message.ref, error),
    )
  }

  #wordsOf(message: OrderMessage, { market }: Sequencer, session: number): Int32Array {
    if (message.type === 'cancel_session') return massCancelWords({ account: 0, session })
    const account = this.#accounts.get(message.account)
    if (account === undefined)
      throw new MessageRefused(
        'exchange_session_account',
        `The session enters no orders for "${message.account}"`,
      )
    const sender = { account, session }
    switch (message.type) {
      case 'enter': {
        const { order_type, ...order } = message
        const { type: _message, ...rest } = order
        return enterWords(market, sender, order_type === undefined ? rest : { ...rest, type: order_type })
      }
      case 'amend':
        return amendWords(market, sender, message)
      case 'cancel':
        return cancelWords(sender, message)
      case 'cancel_all':
        // Of the account, whichever session entered them.
        return massCancelWords({ account, session: 0 }, message.side)
    }
  }

  #logout(): void {
    const { database, log } = this.#tools
    const logins = this.#logins
    // Whoever says good-bye is not lost: the orders stay.
    this.#logins = []
    this.#leave()
    Promise.all(logins.map((login) => forgetLogin(database, login)))
      .catch((error: unknown) =>
        log.warn({ err: error }, 'a logout could not be noted; its orders are cancelled if the process ends'),
      )
      .finally(() => this.#connection.close(1_000, 'Logged out'))
  }

  #leave(): void {
    this.#state = 'gone'
    for (const { feed } of this.#markets.values()) feed.stop()
    this.drained()
    const sessions = loggedIn.get(this.#tools.database)
    if (this.#session !== undefined && sessions?.get(this.#session.id) === this)
      sessions.delete(this.#session.id)
  }

  #report(market: string, refs: Map<number, number>, report: Report): void {
    const ref = refs.get(report.seq)
    refs.delete(report.seq)
    this.#send({
      type: 'report',
      market,
      seq: report.seq,
      at: report.at,
      ...(ref === undefined ? {} : { ref }),
      events: report.events.map(({ event }) => event),
    })
  }

  #marketLost(code: string): void {
    this.#connection.close(exchangeCloseCode.marketLost, `${code} is run by another process now`)
  }

  #fail(ref: number | null, error: unknown): void {
    const refused = refusalOf(error)
    if (refused !== undefined) {
      this.#refuse(ref, refused)
      return
    }
    this.#tools.log.error({ err: error, requestId: this.#connection.context.requestId }, 'a fault')
    this.#connection.close(closeCode.fault, 'Something went wrong inside Florin')
  }

  #refuse(ref: number | null, { code, message, details }: MessageRefused): void {
    this.#send({ type: 'refused', ref, code, message, ...details })
  }

  #demand(permission: string): void {
    if (!allows(this.#connection.context.actor, permission))
      throw new MessageRefused('forbidden', `The caller lacks the permission ${permission}`)
  }

  /** Somebody who does not read loses the connection, and resumes when it can; nothing is skipped. */
  #send(message: object): void {
    if (this.#connection.send(JSON.stringify(message))) return
    this.#connection.close(exchangeCloseCode.tooSlow, 'What was sent was not read; connect again and resume')
  }

  /** What was missed is told as fast as it is read. */
  async #whenRoom(): Promise<void> {
    while (this.#state !== 'gone' && !this.#connection.hasRoom) await this.#room.promise
  }
}
