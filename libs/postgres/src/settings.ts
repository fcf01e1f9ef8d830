import { totalmem } from 'node:os'
import { join } from 'node:path'
import { writeWhole } from './files.ts'
import type { Location } from './location.ts'

export type Settings = Record<string, string | number | boolean>

/** Read by postgresql.conf through an include, and written anew at every start. */
export const SETTINGS_FILE = 'florin.conf'

const MiB = 1024 * 1024

/** A sixteenth of the memory we may use: enough for the hot rows, and the system caches the rest. */
function sharedBuffers_mib(): number {
  const limit = process.constrainedMemory()
  const memory = limit > 0 ? Math.min(limit, totalmem()) : totalmem()
  return Math.round(Math.min(1024, Math.max(128, memory / MiB / 16)))
}

/** What the ledger needs of its server; `extra` wins. */
export function serverSettings(
  place: { port: number; socketFolder: string | undefined; durable: boolean },
  extra: Settings,
): Settings {
  return {
    listen_addresses: '127.0.0.1',
    port: place.port,
    unix_socket_directories: place.socketFolder ?? '',
    unix_socket_permissions: '0700',
    password_encryption: 'scram-sha-256',
    max_connections: 60,

    // an acknowledged posting is on the disk: said aloud although it is the default
    fsync: place.durable,
    synchronous_commit: place.durable,
    full_page_writes: place.durable,

    shared_buffers: `${sharedBuffers_mib()}MB`,
    wal_buffers: '16MB',
    wal_compression: true,
    // few, long checkpoints: each one makes the next write of every page a full one
    max_wal_size: '4GB',
    min_wal_size: '256MB',
    checkpoint_timeout: '15min',
    checkpoint_completion_target: 0.9,
    random_page_cost: 1.1,
    // short statements: compiling them costs more than it saves
    jit: false,

    // tables that only grow: keep the visibility map and the statistics fresh by rows inserted
    autovacuum_vacuum_insert_scale_factor: 0.05,
    autovacuum_analyze_scale_factor: 0.02,
    autovacuum_naptime: '20s',
    // balances are updated in place all day: vacuum them long before a fifth is dead
    autovacuum_vacuum_scale_factor: 0.05,

    track_io_timing: true,
    log_checkpoints: false,
    log_line_prefix: '%m [%p] ',
    log_min_messages: 'warning',
    // parameters may be personal data, and the statement may be too
    log_min_error_statement: 'panic',
    log_parameter_max_length: 0,
    log_parameter_max_length_on_error: 0,
    log_error_verbosity: 'terse',
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...extra,
  }
}

export async function writeSettings(location: Location, settings: Settings): Promise<void> {
  const lines = Object.entries(settings).map(([name, value]) => `${settingName(name)} = ${quote(value)}`)
  const text = ['# Written at every start. Your own settings: ALTER SYSTEM.', ...lines, ''].join('\n')
  await writeWhole(join(location.data, SETTINGS_FILE), text, { mode: 0o600, owner: location.owner })
}

function settingName(name: string): string {
  if (/^[a-z][a-z0-9_.]*$/.test(name)) return name
  throw new Error(`"${name}" is no name of a PostgreSQL setting`)
}

/** A value as configuration files write it. */
export function quote(value: string | number | boolean): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  const text = String(value)
  if (/[\n\r\0]/.test(text)) throw new Error('a PostgreSQL setting is one line')
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
}
