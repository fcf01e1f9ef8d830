import type { Static, TObject, TSchema } from 'typebox'
import { Compile, type Validator } from 'typebox/compile'
import type { Clock } from './clock.ts'
import type { Context } from './context.ts'
import type { Database, Db } from './database.ts'
import { InvalidInput, refusalKind } from './errors.ts'
import type { Logger } from './log.ts'
import type { Metrics } from './metrics.ts'
import type { Page, PageResult } from './pagination.ts'
import type { Random } from './random.ts'
import type { SocketRoute } from './sockets.ts'
import type { Call, Outcome, Trail, Unit, View } from './unit.ts'
import { describeIssues } from './validation.ts'

export interface HttpRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** `{name}` stands for the input's member of that name. */
  readonly path: string
}

/**
 * A request that works as it stands, once the examples named in `after` have been sent (each with its own key)
 * by the caller `admin`. Documentation shows it and the test kit executes it.
 */
export interface Example {
  readonly input: Readonly<Record<string, unknown>>
  /** Commands whose examples come first, in this order; where one of them sets a policy, a later one may wait for approval. */
  readonly after?: readonly string[]
  /** Why, for commands that demand a reason. */
  readonly reason?: string
  /** Who sends it, where that is not `admin` but somebody else with all permissions. */
  readonly by?: string
  /** Where it waits for approval, by a policy that an example before it has set. */
  readonly waits?: true
  /** The moment from which on it works, for commands that are about time passing; ISO 8601. */
  readonly at?: string
  /** Inputs, by code, that are refused with that code once the example itself was done. */
  readonly refused?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

interface Operation<I extends TObject, O extends TSchema> {
  /** `<module>.<thing>.<verb>`: the name in permissions, audit, metrics and on the command line. */
  readonly name: string
  readonly summary: string
  readonly description?: string
  readonly http: HttpRoute
  readonly input: I
  readonly output: O
  readonly permission: string
  /** Further permissions that this very input needs. */
  alsoNeeds?(input: Static<I>): readonly string[]
  /** Codes in order of precedence: where several apply, the first is answered. */
  readonly refusals: readonly string[]
  readonly example: Example
  /** Largest body accepted over HTTP, bytes. */
  readonly bodyLimit?: number
}

interface Commanded {
  /**
   * How policies of approval reach it: by name, branch and `*` unless told otherwise. `named`: by its name alone, for
   * what is to work at once in an emergency. `never`: not at all; its description says why.
   */
  readonly approval?: 'named' | 'never'
}

export interface SingleCommand<I extends TObject = TObject, O extends TSchema = TSchema>
  extends Operation<I, O>,
    Commanded {
  /** Members of the output that are shown once, to the first caller, and stored nowhere. */
  readonly shownOnce?: readonly string[]
  /** What of the input the audit record keeps, where the whole is large and recorded elsewhere; all of it if absent. */
  recorded?(input: Static<I>): unknown
  run(unit: Unit, input: Static<I>): Promise<Static<O>>
}

/**
 * A command that is executed set-based: concurrent calls of one lane share one database transaction, each with
 * its own outcome, exactly as if run one after another in the order given.
 */
export interface BatchedCommand<I extends TObject = TObject, O extends TSchema = TSchema>
  extends Operation<I, O>,
    Commanded {
  /** Calls of the same lane are executed in order and never at the same time by one process. */
  lane(input: Static<I>): string
  runMany(unit: Unit, calls: readonly Call<Static<I>>[]): Promise<Outcome<Static<O>>[]>
  /** Where the command's own records carry caller, key, payload hash and outcome, nothing is written twice. */
  readonly trail?: Trail<Static<O>>
}

export type Command<I extends TObject = TObject, O extends TSchema = TSchema> =
  | SingleCommand<I, O>
  | BatchedCommand<I, O>

export interface Query<I extends TObject = TObject, O extends TSchema = TSchema> extends Operation<I, O> {
  run(view: View, input: Static<I>): Promise<Static<O>>
  /**
   * Waits for what is asked about, a bounded time, before the snapshot is taken: nobody holds a connection of the
   * database meanwhile.
   */
  wait?(database: Database, input: Static<I>, log: Logger): Promise<void>
  /** The same answer in other media types, chosen by the Accept header; where several suit alike, the first. */
  readonly formats?: readonly Format<Static<I>>[]
}

/** An answer in another media type than JSON, however long: sent piece by piece from one snapshot. */
export interface Format<Input> {
  /** With its parameters: `text/csv; charset=utf-8`. On the command line its last part is the name: `--output csv`. */
  readonly mediaType: string
  /** What is thrown before the first piece is answered as a problem; afterwards the connection is cut. */
  write(view: View, input: Input): AsyncIterable<string | Uint8Array>
}

/**
 * A list: a query whose paging, ordering and cursor are the kernel's, the same for every list. Its formats give the
 * whole list, not a page of it.
 */
export interface List<I extends TObject = TObject, R extends TSchema = TSchema>
  extends Omit<Query<I, TSchema>, 'output' | 'run'> {
  readonly item: R
  /** Items are added behind all others only, so that a reader who keeps the cursor can follow it. */
  readonly grows?: boolean
  page(view: View, input: Static<I>, page: Page): Promise<PageResult<Static<R>>>
}

/** A list whose pages also tell of the whole: what stands beside `items` and `next`, the same on every page. */
export interface FramedList<
  I extends TObject = TObject,
  R extends TSchema = TSchema,
  F extends TObject = TObject,
> extends Omit<List<I, R>, 'page'> {
  readonly frame: F
  page(
    view: View,
    input: Static<I>,
    page: Page,
  ): Promise<PageResult<Static<R>> & { readonly frame: Static<F> }>
}

/** Work that a background role does again and again. */
export interface Worker {
  readonly name: string
  /** The role of `florin serve --roles` that runs it. */
  readonly role: string
  readonly everyMs: number
  /** Does what is due and says how many things it did; called again at once while that is not zero. */
  run(tools: WorkerTools): Promise<number>
}

export interface WorkerTools {
  readonly view: View
  readonly context: (idempotencyKey: string) => Context
  execute(command: Command, input: unknown, context: Context): Promise<unknown>
}

/** Work that a background role does all the time, in every process that has the role. */
export interface Service {
  readonly name: string
  /** The role of `florin serve --roles` that runs it. */
  readonly role: string
  /** Begins; what can't be reached at present is tried again later, and keeps no process from starting. */
  start(tools: ServiceTools): RunningService
}

export interface RunningService {
  /** Ends what is under way and gives back what is held. */
  stop(): Promise<void>
}

export interface ServiceTools {
  readonly database: Database
  readonly log: Logger
  readonly metrics: Metrics
  readonly clock: Clock
  readonly random: Random
  /** Where this process answers over HTTP, if it does. */
  readonly address: string | undefined
  readonly context: (idempotencyKey: string) => Context
  execute(command: Command, input: unknown, context: Context): Promise<unknown>
}

/** One bounded context: what it offers and the schema it owns. */
export interface Module {
  readonly name: string
  /** Folder of `0001_<what>.sql` files, forward only. */
  readonly migrations: URL
  /** Why the module's data must be left to the version before yet; see {@link MigrationSource}. */
  notYet?(db: Db): Promise<string | undefined>
  readonly commands: readonly Command[]
  readonly queries: readonly Query[]
  readonly workers?: readonly Worker[]
  readonly sockets?: readonly SocketRoute[]
  readonly services?: readonly Service[]
  /** Recomputes what is kept from what was recorded; an empty list says that the books hold. */
  verify?(view: View, progress?: (done: number, of: number) => void): Promise<readonly Finding[]>
}

/** One thing that `verify` found wrong. */
export interface Finding {
  readonly check: string
  readonly subject: string
  readonly expected: string
  readonly found: string
}

export function defineCommand<I extends TObject, O extends TSchema>(
  command: SingleCommand<I, O>,
): SingleCommand<I, O>
export function defineCommand<I extends TObject, O extends TSchema>(
  command: BatchedCommand<I, O>,
): BatchedCommand<I, O>
export function defineCommand<I extends TObject, O extends TSchema>(command: Command<I, O>): Command<I, O> {
  return command
}

export function defineQuery<I extends TObject, O extends TSchema>(query: Query<I, O>): Query<I, O> {
  return query
}

export function defineModule(module: Module): Module {
  return module
}

export function isBatched(command: Command): command is BatchedCommand {
  return 'runMany' in command
}

/** Everything that a caller must be permitted for this input, which is valid. */
export function permissionsFor(operation: Command | Query, input: unknown): readonly string[] {
  return [operation.permission, ...(operation.alsoNeeds?.(input as never) ?? [])]
}

/** Every operation of a running Florin, by name. Built once; anything doubtful throws here, at start. */
export class Registry {
  readonly modules: readonly Module[]
  readonly commands: ReadonlyMap<string, Command>
  readonly queries: ReadonlyMap<string, Query>
  readonly sockets: readonly SocketRoute[]
  readonly #validators = new Map<string, Validator>()

  constructor(modules: readonly Module[]) {
    this.modules = modules
    this.commands = byName(modules.flatMap((module) => module.commands))
    this.queries = byName(modules.flatMap((module) => module.queries))
    this.sockets = modules.flatMap((module) => module.sockets ?? [])
    const routes = new Set<string>()
    for (const { path } of this.sockets) {
      if (routes.has(`GET ${path}`)) throw new Error(`Two sockets answer ${path}`)
      routes.add(`GET ${path}`)
    }
    for (const operation of this.operations()) {
      if (this.commands.has(operation.name) && this.queries.has(operation.name)) {
        throw new Error(`"${operation.name}" is both a command and a query`)
      }
      const route = `${operation.http.method} ${operation.http.path.replaceAll(/\{[^}]+\}/g, '{}')}`
      if (routes.has(route)) throw new Error(`Two operations answer ${route}`)
      routes.add(route)
      for (const code of operation.refusals) refusalKind(code)
      if ('formats' in operation) checkFormats(operation)
      this.#validators.set(operation.name, Compile(operation.input))
    }
  }

  operations(): (Command | Query)[] {
    return [...this.commands.values(), ...this.queries.values()]
  }

  /** Throws InvalidInput naming every wrong place, or says that the input has the operation's type. */
  validate<I extends TObject>(
    operation: { name: string; input: I },
    input: unknown,
  ): asserts input is Static<I> {
    const validator = this.#validators.get(operation.name)
    if (validator === undefined) throw new Error(`"${operation.name}" is not registered`)
    if (!validator.Check(input))
      throw new InvalidInput(describeIssues(operation.input, validator.Errors(input)))
  }
}

/** Each format must be told apart from the others, and from JSON, by its bare media type. */
function checkFormats({ name, formats = [] }: Query): void {
  const bare = ['application/json', ...formats.map(({ mediaType }) => mediaType.split(';')[0] ?? '')]
  for (const mediaType of bare) {
    if (!/^[a-z]+\/[a-z0-9.+-]+$/.test(mediaType))
      throw new Error(`"${mediaType}" of "${name}" is no media type`)
  }
  if (new Set(bare).size < bare.length) throw new Error(`"${name}" offers a media type twice`)
}

function byName<T extends { name: string }>(operations: readonly T[]): ReadonlyMap<string, T> {
  const map = new Map<string, T>()
  for (const operation of operations) {
    if (map.has(operation.name)) throw new Error(`"${operation.name}" is registered twice`)
    map.set(operation.name, operation)
  }
  return map
}
