import { existsSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { addressFile, adminKeyFile, type Config } from '../config.ts'
import type { Connection } from './connection.ts'
import { unavailable, usage } from './failure.ts'
import { answers, remoteConnection } from './remote.ts'

/** Another Florin may be starting, or be a command line that is done in a moment. */
const patienceMs = 60_000
const lookEveryMs = 50

/** The address of the running server, or undefined where none runs. */
export async function findServer(config: Config): Promise<string | undefined> {
  if (config.url !== undefined) return config.url
  if (config.databaseUrl !== undefined) return findAnnounced(config)
  const { findRunning } = await import('@florin/postgres')
  const until = performance.now() + patienceMs
  for (;;) {
    const running = await findRunning(config.dataDir)
    if (running === undefined) return undefined
    if (running.url !== undefined) return running.url
    if (performance.now() > until) {
      throw unavailable(
        `Another Florin (process ${running.pid}) holds ${config.dataDir} and does not answer.`,
      )
    }
    await delay(lookEveryMs)
  }
}

/** With a database of the user's own nobody holds the folder: the address in it may be a dead server's. */
async function findAnnounced(config: Config): Promise<string | undefined> {
  const url = await readFile(addressFile(config.dataDir), 'utf8').catch(missing)
  return url !== undefined && (await answers(url.trim())) ? url.trim() : undefined
}

/** A file that is not there says nothing; one that can't be read is a fault. */
function missing(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
  throw error
}

/** The running server, or, where none runs, Florin in this process. Only a command may create the data folder. */
export async function connect(
  config: Config,
  server: string | undefined,
  mayCreate: boolean,
): Promise<Connection> {
  if (server !== undefined) return remoteConnection(server, keyFor(config))
  if (!mayCreate && config.databaseUrl === undefined && !existsSync(config.dataDir)) {
    throw unavailable(
      `No Florin runs and there is no data in ${config.dataDir}; start one with \`npm start\`.`,
    )
  }
  const { localConnection } = await import('./local.ts')
  return localConnection(config, (line) => {
    if (process.stderr.isTTY) process.stderr.write(`${line}\n`)
  })
}

function keyFor(config: Config): string {
  if (config.key !== undefined) return config.key
  const file = adminKeyFile(config.dataDir)
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    throw usage(
      `There is no admin key at ${file}; set FLORIN_KEY, or write a new one with \`npx florin admin-key\`.`,
    )
  }
}
