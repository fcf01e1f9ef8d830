import { relative } from 'node:path'
import {
  createLog,
  errorCode,
  type Logger,
  ServiceRunner,
  systemClock,
  systemRandom,
  type Worker,
  WorkerRunner,
} from '@florin/kernel'
import { verifyBooksEvery } from '@florin/ledger'
import { tuneRuntime } from '@florin/orderbook'
import { archiveWatch } from './archive.ts'
import { adminKeyFile, type Config } from './config.ts'
import { openProgram, type Program } from './program.ts'
import { StopSignal } from './stop-signal.ts'
import { readVersion } from './version.ts'

/** Why the server could not start or go on; one sentence that says what to do. */
export class ServeError extends Error {
  override readonly name = 'ServeError'
}

/** Runs Florin until it is asked to stop. Throws what keeps it from starting or going on. */
export async function serve(config: Config): Promise<void> {
  const say = (line: string): void => void process.stdout.write(`${line}\n`)
  const log = createLog(config.logLevel, process.stderr)
  const stop = new StopSignal()
  tuneRuntime()
  try {
    const program = await openProgram(config, log, {
      onProgress: say,
      log: (line) => log.warn(line),
      onLost: (error) => stop.fail(error),
      signal: stop.signal,
    })
    await run(config, program, log, stop, say)
  } finally {
    stop.forget()
  }
}

async function run(
  config: Config,
  program: Program,
  log: Logger,
  stop: StopSignal,
  say: (line: string) => void,
): Promise<void> {
  const verifier = verifyBooksEvery(config.verifyEveryMs)
  const workers = new WorkerRunner({
    workers: [
      ...ownWorkers(config, log),
      ...program.registry.modules
        .flatMap((module) => module.workers ?? [])
        .map((worker) => (worker.name === verifier.name ? verifier : worker)),
    ].filter((worker) => config.roles.includes(worker.role)),
    engine: program.engine,
    database: program.database,
    log,
    clock: systemClock,
    random: systemRandom,
  })
  const services = new ServiceRunner({
    services: program.registry.modules
      .flatMap((module) => module.services ?? [])
      .filter((service) => config.roles.includes(service.role)),
    engine: program.engine,
    database: program.database,
    log,
    metrics: program.metrics,
    clock: systemClock,
    random: systemRandom,
  })
  try {
    const url = config.roles.includes('api') ? await open(config, program, say) : undefined
    if (url === undefined) say(`Florin ${readVersion()} runs the roles ${config.roles.join(', ')}.`)
    services.start(url)
    workers.start()
    await stop.requested
    say('Stopping …')
  } finally {
    const drained = await program.http.stop(config.stopTimeoutMs)
    if (!drained) log.warn({ stopTimeoutMs: config.stopTimeoutMs }, 'calls under way were cut off')
    await services.stop().catch((error: unknown) => log.error({ err: error }, 'a service did not end well'))
    await workers.stop()
    await program.store.stop()
  }
  say('Stopped.')
}

function ownWorkers(config: Config, log: Logger): Worker[] {
  return config.archive === undefined ? [] : [archiveWatch(config.archive, log)]
}

async function open(config: Config, program: Program, say: (line: string) => void): Promise<string> {
  const url = await program.http.listen(config).catch((error: unknown) => {
    throw explainListen(config, error)
  })
  await program.store.announce(url)
  say(greeting(url, config.dataDir, program.keyNotice))
  return url
}

function explainListen({ host, port }: Config, error: unknown): unknown {
  switch (errorCode(error)) {
    case 'EADDRINUSE':
      return new ServeError(
        `Port ${port} on ${host} is in use by another program; stop that one or set FLORIN_PORT.`,
      )
    case 'EACCES':
      return new ServeError(`This user may not listen on port ${port}; set FLORIN_PORT to one above 1023.`)
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new ServeError(`${host} is no address of this machine; correct FLORIN_HOST.`)
    default:
      return error
  }
}

function greeting(url: string, dataDir: string, keyNotice: string | undefined): string {
  const file = nearPath(adminKeyFile(dataDir))
  return [
    '',
    `Florin ${readVersion()} answers on ${url}`,
    `  API reference: ${url}/docs`,
    keyNotice === undefined ? `  Admin key:     ${file}` : `  Attention: ${keyNotice}`,
    '',
    'Try next, in another shell:',
    '  npx florin ledger open --ledger demo',
    '  npx florin help',
    '',
  ].join('\n')
}

/** As one would type it here. */
function nearPath(path: string): string {
  const near = relative(process.cwd(), path)
  return near.startsWith('..') ? path : near
}
