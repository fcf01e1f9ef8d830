import type { Config, Environment } from '../config.ts'
import { ConfigError, readConfig, unknownVariables } from '../config.ts'
import { FlagReader, readFlags, splitWords } from './arguments.ts'
import { findServer } from './connect.ts'
import { exitCodes, Failure, usage } from './failure.ts'
import { groupOf, helpOf, overviewOf, wordsOf } from './help.ts'
import { isObject, type Json } from './json.ts'
import { runOperation } from './operation.ts'
import { type Operation, readOperations } from './operations.ts'
import { isBrokenPipe, write } from './output.ts'
import { suggest } from './suggest.ts'

/** Runs one command line and says its exit code. Never throws. */
export async function run(argv: readonly string[], env: Environment): Promise<number> {
  process.stdout.on('error', (error) => {
    if (!isBrokenPipe(error)) throw error
  })
  try {
    const config = readConfig(env)
    for (const name of unknownVariables(env))
      process.stderr.write(`${name} is set and means nothing to Florin.\n`)
    return await dispatch(config, argv)
  } catch (error) {
    return await explain(error)
  }
}

async function dispatch(config: Config, argv: readonly string[]): Promise<number> {
  const { words, rest } = splitWords(argv)
  const [first, ...more] = words
  switch (first) {
    case 'serve': {
      const { serveCommand } = await import('./serve-command.ts')
      await serveCommand(config, [...more, ...rest])
      return exitCodes.done
    }
    case 'admin-key':
      await (await import('./admin-key.ts')).adminKey(config, [...more, ...rest])
      return exitCodes.done
    case 'backup':
      return (await import('./backup.ts')).backup(config, [...more, ...rest])
    case 'restore':
      await (await import('./restore.ts')).restore(config, [...more, ...rest])
      return exitCodes.done
    case 'exchange':
      if (more[0] === 'replay')
        return (await import('./exchange-replay.ts')).exchangeReplay(config, [...more.slice(1), ...rest])
      if (more[0] !== 'demo') return runDescribed(config, words, rest)
      return (await import('./exchange-demo.ts')).exchangeDemo(config, [...more.slice(1), ...rest])
    case 'version':
      await write(`${(await import('../version.ts')).readVersion()}\n`)
      return exitCodes.done
    default:
      return runDescribed(config, words, rest)
  }
}

/** Everything that the API offers, by the description of the server that runs, or else of this program. */
async function runDescribed(
  config: Config,
  words: readonly string[],
  rest: readonly string[],
): Promise<number> {
  if (rest.includes('--version') && words.length === 0) return dispatch(config, ['version'])
  const server = await findServer(config)
  const operations = readOperations(await describeApi(server))
  const [first, ...more] = words
  switch (first) {
    case undefined:
      refuseFlags(rest)
      await write(overviewOf(operations.values()))
      return exitCodes.done
    case 'help':
      await write(await helpAbout(more, operations))
      return exitCodes.done
    case 'import':
      await (await import('./journals.ts')).importJournal(
        config,
        server,
        need(operations, 'ledger.journal.import'),
        {
          begin: need(operations, 'ledger.import.begin'),
          part: need(operations, 'ledger.import.part'),
          end: need(operations, 'ledger.import.end'),
          balances: need(operations, 'ledger.trial-balance'),
        },
        [...more, ...rest],
      )
      return exitCodes.done
    case 'export':
      await runOperation(config, server, need(operations, 'ledger.journal.export'), [...more, ...rest])
      return exitCodes.done
    case 'trial-balance':
      await runOperation(config, server, need(operations, 'ledger.trial-balance'), [...more, ...rest])
      return exitCodes.done
    case 'verify':
      return (await import('./verify.ts')).verify(config, server, need(operations, 'kernel.verify'), [
        ...more,
        ...rest,
      ])
    case 'rebuild': {
      const used = {
        check: need(operations, 'ledger.caches.check'),
        rebuild: need(operations, 'ledger.caches.rebuild'),
      }
      await (await import('./rebuild.ts')).rebuild(config, server, used, [...more, ...rest])
      return exitCodes.done
    }
    default:
      await runNamed(config, server, operations, words, rest)
      return exitCodes.done
  }
}

async function describeApi(server: string | undefined): Promise<Json> {
  if (server !== undefined) {
    const { remoteConnection } = await import('./remote.ts')
    return remoteConnection(server, '').describe()
  }
  const [{ openApiDocument }, { createRegistry }, { readVersion }] = await Promise.all([
    import('@florin/kernel/http'),
    import('../modules.ts'),
    import('../version.ts'),
  ])
  const document: unknown = JSON.parse(JSON.stringify(openApiDocument(createRegistry(), readVersion())))
  return isObject(document) ? document : {}
}

/** `ledger account open` or `ledger.account.open`, or the beginning of several. */
async function runNamed(
  config: Config,
  server: string | undefined,
  operations: ReadonlyMap<string, Operation>,
  words: readonly string[],
  rest: readonly string[],
): Promise<void> {
  const operation = operations.get(words.join('.'))
  if (operation !== undefined) {
    await runOperation(config, server, operation, rest)
    return
  }
  const group = within(words, operations)
  if (group.length === 0) throw unknownCommand(words, operations)
  const asked = readFlags(new FlagReader(rest), () => true).help
  if (!asked) throw usage(groupOf(words, group))
  await write(groupOf(words, group))
}

async function helpAbout(
  words: readonly string[],
  operations: ReadonlyMap<string, Operation>,
): Promise<string> {
  if (words.length === 0) return overviewOf(operations.values())
  if (words.join(' ') === 'import') {
    return (await import('./journals.ts')).importHelp(need(operations, 'ledger.journal.import'))
  }
  if (words.join(' ') === 'rebuild') return (await import('./rebuild.ts')).rebuildHelp
  const operation = operations.get(verbs[words.join(' ')] ?? words.join('.'))
  if (operation !== undefined) return helpOf(operation)
  const group = within(words, operations)
  if (group.length === 0) throw unknownCommand(words, operations)
  return groupOf(words, group)
}

/** Short names of operations. */
const verbs: Readonly<Record<string, string>> = {
  import: 'ledger.journal.import',
  export: 'ledger.journal.export',
  'trial-balance': 'ledger.trial-balance',
  verify: 'kernel.verify',
  rebuild: 'ledger.caches.rebuild',
}

function within(words: readonly string[], operations: ReadonlyMap<string, Operation>): Operation[] {
  return [...operations.values()].filter((operation) => operation.name.startsWith(`${words.join('.')}.`))
}

function need(operations: ReadonlyMap<string, Operation>, name: string): Operation {
  const operation = operations.get(name)
  if (operation === undefined) throw usage(`This Florin has no operation ${name}.`)
  return operation
}

function unknownCommand(words: readonly string[], operations: ReadonlyMap<string, Operation>): Failure {
  const candidates = [
    'serve',
    'admin-key',
    'backup',
    'restore',
    'exchange demo',
    'exchange replay',
    'help',
    'version',
    ...Object.keys(verbs),
    ...[...operations.values()].map(wordsOf),
  ]
  const near = suggest(words.join(' ').replaceAll('.', ' '), candidates)
  const hint =
    near.length === 0
      ? '`florin help` lists all.'
      : `Did you mean ${near.map((name) => `"${name}"`).join(' or ')}?`
  return usage(`There is no command "${words.join(' ')}". ${hint}`)
}

function refuseFlags(rest: readonly string[]): void {
  readFlags(new FlagReader(rest), () => false)
}

async function explain(error: unknown): Promise<number> {
  if (error instanceof Failure) {
    process.stderr.write(`${error.message}\n`)
    return error.exitCode
  }
  if (error instanceof ConfigError) {
    for (const problem of error.problems) process.stderr.write(`${problem}\n`)
    return exitCodes.usage
  }
  const { isRefusal, sentenceOf } = await import('./sentences.ts')
  process.stderr.write(`${sentenceOf(error)}\n`)
  return isRefusal(error) ? exitCodes.refused : exitCodes.unavailable
}
