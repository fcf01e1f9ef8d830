import { randomBytes, randomUUID } from 'node:crypto'
import { appendFile, chown, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Binaries, program } from './binaries.ts'
import { noSpace, StartError, unwritable } from './errors.ts'
import { readIfThere, syncFolder, writeWhole } from './files.ts'
import type { Location } from './location.ts'
import { SETTINGS_FILE } from './settings.ts'
import { runTool } from './tools.ts'

/** The superuser of every embedded cluster. */
export const SUPERUSER = 'postgres'

export const PASSWORD_FILE = 'superuser-password'
const DRAFT = 'data-draft.'

/** Makes sure there is a cluster that these binaries can run; true when it was created now. */
export async function ensureCluster(
  location: Location,
  binaries: Binaries,
  options: { durable: boolean; say: (line: string) => void; abort?: AbortSignal | undefined },
): Promise<boolean> {
  const version = await readIfThere(join(location.data, 'PG_VERSION'))
  if (version !== undefined) {
    refuseOtherMajor(location, binaries, version.trim())
    return false
  }
  await refuseLostData(location)
  await removeDrafts(location)
  options.say('Creating the database (first start) …')
  await createCluster(location, binaries, options.durable, options.abort)
  return true
}

function refuseOtherMajor(location: Location, binaries: Binaries, version: string): void {
  if (version === String(binaries.major)) return
  throw new StartError(
    'wrong_major',
    `The data in ${location.data} was made by PostgreSQL ${version} and this Florin brings PostgreSQL ${binaries.major}; move it over with pg_dump or choose another data folder.`,
  )
}

/** A cluster that has run before, or that lacks its version file, is damaged, not new: never start empty there. */
async function refuseLostData(location: Location): Promise<void> {
  const traces = ['data', 'port', 'postgres.log']
  const found = (await readdir(location.folder)).filter((name) => traces.includes(name))
  if (found.length === 0) return
  const what = found.includes('data') ? 'its version file is missing' : 'it has run before and is gone'
  throw new StartError(
    'cluster_damaged',
    `The data in ${location.data} is damaged (${what}); restore it from a backup, or remove ${location.folder} to start empty.`,
  )
}

/** What an initialisation that was cut short left behind. */
async function removeDrafts(location: Location): Promise<void> {
  for (const name of await readdir(location.folder)) {
    if (!name.startsWith(DRAFT)) continue
    await rm(join(location.folder, name), { recursive: true, maxRetries: 5, retryDelay: 100 })
  }
}

async function createCluster(
  location: Location,
  binaries: Binaries,
  durable: boolean,
  abort?: AbortSignal,
): Promise<void> {
  await createPassword(location)
  // built beside its place and renamed: a crash half-way leaves no half cluster
  const draft = join(location.folder, `${DRAFT}${randomUUID()}`)
  const args = [
    `--pgdata=${draft}`,
    `--username=${SUPERUSER}`,
    `--pwfile=${join(location.folder, PASSWORD_FILE)}`,
    // throwaway data is opened hundreds of times a minute, and SCRAM is meant to cost time
    ...(durable ? ['--auth=scram-sha-256'] : ['--auth=password', '--set=scram_iterations=1']),
    '--encoding=UTF8',
    // the built-in locale sorts the same on every machine, so indexes survive a change of the system
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--data-checksums',
    ...(durable ? [] : ['--no-sync']),
  ]
  const result = await runTool(program(binaries, 'initdb'), args, location.owner, abort)
  if (!result.ok) throw initFailure(location, result.output)
  await appendFile(join(draft, 'postgresql.conf'), `\ninclude_if_exists = '${SETTINGS_FILE}'\n`)
  await rename(draft, location.data)
  await syncFolder(location.folder)
}

function initFailure(location: Location, output: string): Error {
  if (/No space left on device|Disk quota exceeded/.test(output)) return noSpace(location.folder)
  if (/Permission denied|Read-only file system/.test(output)) return unwritable(location.folder)
  const said = output.split('\n').findLast((line) => /error|fatal|initdb:/i.test(line)) ?? output.trim()
  return new StartError('start_failed', `PostgreSQL couldn't create its data folder: ${said.trim()}.`)
}

/** Written before the cluster that it opens, and kept: losing it would lock us out. */
async function createPassword(location: Location): Promise<void> {
  const path = join(location.folder, PASSWORD_FILE)
  if ((await readIfThere(path)) !== undefined) {
    if (location.owner) await chown(path, location.owner.uid, location.owner.gid)
    return
  }
  const password = randomBytes(24).toString('base64url')
  await writeWhole(path, `${password}\n`, { mode: 0o600, owner: location.owner })
}

export async function readPassword(folder: string): Promise<string> {
  const password = (await readIfThere(join(folder, PASSWORD_FILE)))?.trim()
  if (password) return password
  throw new StartError(
    'password_refused',
    `The file ${join(folder, PASSWORD_FILE)} is missing; restore it from a backup, because it opens the data beside it.`,
  )
}
