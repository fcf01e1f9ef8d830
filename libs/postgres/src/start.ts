import { prepareArchiving } from './backup/archive.ts'
import { type Binaries, findPackage, inspectFolder, prepareBinaries, removeOldCopies } from './binaries.ts'
import { ensureCluster, readPassword, SUPERUSER } from './cluster.ts'
import { StartError } from './errors.ts'
import { makeFolder } from './files.ts'
import { socketFolder } from './leftovers.ts'
import { type Location, locate, openDataFolder, ROOT_HOME } from './location.ts'
import { type Hold, holdFolder } from './lock.ts'
import { choosePort } from './port.ts'
import type { ConnectionSettings } from './readiness.ts'
import { type Settings, serverSettings, writeSettings } from './settings.ts'
import { Supervisor } from './supervisor.ts'

export type StartOptions = {
  /** Everything Florin keeps on this machine, usually `.florin`; created when missing. */
  dataDir: string
  /** The port on 127.0.0.1. Without it the system chooses one, which is kept while it is free. */
  port?: number
  /** One line for the person who waits, at each step. */
  onProgress?: (line: string) => void
  /** One line when something happens to a running server. */
  log?: (line: string) => void
  /** The server ended and can't be brought back. */
  onLost?: (error: StartError) => void
  /** False only for throwaway data: a crash of the machine may lose it. */
  durable?: boolean
  /** PostgreSQL settings over our own. */
  settings?: Settings
  /** Keeps the write-ahead log for recovery to any point in time; see `backup/`. */
  archive?: string
  /** How long recovery may take before the start gives up. */
  recoverTimeoutMs?: number
  /** Gives up starting, cleanly. */
  signal?: AbortSignal
  /** PostgreSQL's programs from elsewhere: a folder with bin, lib and share. */
  binariesDir?: string
  /** Where root puts what PostgreSQL's user can't reach otherwise; `/var/lib/florin`. */
  rootHome?: string
}

export type EmbeddedServer = {
  /** A connection string of the superuser; holds the password. */
  readonly adminUrl: string
  readonly connection: Readonly<ConnectionSettings>
  /** The folder of the cluster, its log and its password. */
  readonly location: string
  /** Of the binaries, such as `18.4.0`. */
  readonly version: string
  /** True when this start created the database. */
  readonly created: boolean
  /** The server process now; another one after it was killed and restarted. */
  readonly pid: number
  /** Tells others who look (`findRunning`) where this Florin answers. */
  announce(url: string): Promise<void>
  /** Ends sessions, writes everything out, gives the folder back. Safe to call twice. */
  stop(): Promise<void>
}

/** Starts the PostgreSQL of a data folder, creating it on first use. Throws `StartError`. */
export async function startEmbedded(options: StartOptions): Promise<EmbeddedServer> {
  const folder = await openDataFolder(options.dataDir)
  const hold = await holdFolder(folder)
  try {
    return await startHeld(folder, hold, options)
  } catch (error) {
    // on a full disk this fails too: the first reason counts, and the hold ends with this process anyway
    await hold.release().catch(ignore)
    throw options.signal?.aborted ? cancelled(error) : error
  }
}

async function startHeld(folder: string, hold: Hold, options: StartOptions): Promise<EmbeddedServer> {
  const say = options.onProgress ?? ignore
  const durable = options.durable ?? true
  const rootHome = options.rootHome ?? ROOT_HOME
  const location = await locate(folder, rootHome, say)
  const binaries = await openBinaries(location, rootHome, options)
  const created = await ensureCluster(location, binaries, { durable, say, abort: options.signal })
  const archiving =
    options.archive === undefined
      ? { archive_mode: 'off' }
      : await prepareArchiving(location, options.archive)
  const password = await readPassword(location.folder)
  const socket = await openSocketFolder(location)

  const supervisor = new Supervisor(binaries, location, {
    say,
    log: options.log ?? ignore,
    onLost: options.onLost ?? ignore,
    fixedPort: options.port,
    abort: options.signal,
    connection: (port) => ({ host: '127.0.0.1', port, user: SUPERUSER, password, database: 'postgres' }),
    choosePort: () => choosePort(location, options.port),
    configure: (port) =>
      writeSettings(
        location,
        serverSettings({ port, socketFolder: socket, durable }, { ...archiving, ...options.settings }),
      ),
    recoverTimeoutMs: options.recoverTimeoutMs,
  })
  say('Starting PostgreSQL …')
  const connection = await supervisor.start()
  await hold.publish({ postgres: { port: connection.port, folder: location.folder } })

  let stopping: Promise<void> | undefined
  const stop = async (): Promise<void> => {
    await supervisor.stop()
    await hold.release()
  }
  return {
    adminUrl: connectionUrl(connection),
    connection,
    location: location.folder,
    version: binaries.version.replace(/-.*$/, ''),
    created,
    get pid() {
      return supervisor.pid
    },
    announce: (url) => hold.publish({ url }),
    stop: () => {
      stopping ??= stop()
      return stopping
    },
  }
}

async function openBinaries(location: Location, rootHome: string, options: StartOptions): Promise<Binaries> {
  const { binariesDir } = options
  const found = binariesDir === undefined ? await findPackage() : await inspectFolder(binariesDir)
  // root's copy is root's own, so that the server can't change its programs, and serves all its databases
  const spare = location.owner === undefined ? location.folder : rootHome
  const binaries = await prepareBinaries(found, location.owner, spare, options.onProgress ?? ignore)
  await removeOldCopies(location.folder, binaries)
  return binaries
}

async function openSocketFolder(location: Location): Promise<string | undefined> {
  const folder = socketFolder(location)
  if (folder !== undefined) await makeFolder(folder, 0o700, location.owner)
  return folder
}

export function connectionUrl(connection: ConnectionSettings): string {
  const { user, password, host, port, database } = connection
  return `postgresql://${encodeURIComponent(user)}:${encodeURIComponent(password)}@${host}:${port}/${encodeURIComponent(database)}`
}

function cancelled(cause: unknown): StartError {
  return new StartError('cancelled', 'The start was cancelled; nothing is lost.', { cause })
}

function ignore(): void {
  // a caller who doesn't want to know
}
