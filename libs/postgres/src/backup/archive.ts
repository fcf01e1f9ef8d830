import { open, readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { errorCode, folderError } from '../errors.ts'
import { ensureFolder, makeFolder, type Owner, readIfThere, writeSynced, writeWhole } from '../files.ts'
import type { Location } from '../location.ts'
import type { Settings } from '../settings.ts'
import { runTool } from '../tools.ts'
import { BackupError } from './errors.ts'
import { isHistory } from './wal.ts'

/** A folder with `backups/<id>`, `wal/<segment>`, and whose database they are of. */
export type Archive = { folder: string; backups: string; wal: string }

/** A segment that is not full goes into the archive after this time, so that a lost disk costs no more than it. */
export const ARCHIVE_TIMEOUT_S = 60

const IDENTITY_FILE = 'archive.json'
const SCRIPT_FILE = 'archive.sh'

export function archiveAt(path: string): Archive {
  const folder = resolve(path)
  return { folder, backups: join(folder, 'backups'), wal: join(folder, 'wal') }
}

/** The archived files of the write-ahead log; none where there is no archiving. */
export async function walFiles(archive: Archive): Promise<string[]> {
  try {
    return (await readdir(archive.wal)).sort()
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return []
    throw error
  }
}

/**
 * Takes the archive for this cluster: refuses one of another database, since restoring a mixture would be worse than
 * having none.
 */
export async function claimArchive(archive: Archive, systemIdentifier: string): Promise<void> {
  await ensureFolder(archive.folder, 0o711)
  await ensureFolder(archive.backups, 0o700)
  const path = join(archive.folder, IDENTITY_FILE)
  const text = await readIfThere(path)
  if (text === undefined) {
    await writeWhole(path, `${JSON.stringify({ systemIdentifier })}\n`, { mode: 0o644 })
    return
  }
  const found: unknown = JSON.parse(text)
  const known =
    typeof found === 'object' && found !== null && 'systemIdentifier' in found ? found.systemIdentifier : ''
  if (known === systemIdentifier) return
  throw new BackupError(
    'archive_foreign',
    `${archive.folder} holds the backups of another database (${String(known)}); choose another folder.`,
  )
}

/** The number that initdb gave the cluster, which stays the same in all its copies: first in its control file. */
export async function systemIdentifier(data: string): Promise<string> {
  const file = await open(join(data, 'global', 'pg_control'), 'r')
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(8), 0, 8, 0)
    if (bytesRead < 8) throw new Error(`${data}/global/pg_control is cut short`)
    return buffer.readBigUInt64LE().toString()
  } finally {
    await file.close()
  }
}

/** Makes the cluster archive its log into the folder; gives the settings for that. */
export async function prepareArchiving(location: Location, path: string): Promise<Settings> {
  if (process.platform === 'win32') {
    throw new BackupError(
      'not_supported',
      'FLORIN_ARCHIVE needs Linux or macOS; on Windows use a PostgreSQL of your own (DATABASE_URL) with its own tools.',
    )
  }
  const archive = archiveAt(path)
  await claimArchive(archive, await systemIdentifier(location.data))
  await makeFolder(archive.wal, 0o700, location.owner).catch((error: unknown) => {
    throw folderError(error, archive.wal)
  })
  await refuseClosed(archive.wal, location.owner)
  await keepHistory(location, archive)
  const script = join(location.folder, SCRIPT_FILE)
  await writeWhole(script, archiveScript(archive.wal), { mode: 0o600, owner: location.owner })
  return {
    archive_mode: 'on',
    archive_command: `/bin/sh ${shellWord(script)} "%p" "%f"`,
    archive_timeout: `${ARCHIVE_TIMEOUT_S}s`,
  }
}

/** PostgreSQL's user must be able to write there; as root that is another one than us. */
async function refuseClosed(folder: string, owner: Owner): Promise<void> {
  const { ok } = await runTool('/bin/sh', ['-c', 'test -w "$0" && cd "$0"', folder], owner)
  if (ok) return
  throw new BackupError(
    'archive_unusable',
    `PostgreSQL's user can't write to ${folder}; let it (chown), and open the folders above with chmod o+x.`,
  )
}

/**
 * The history of a timeline that began while archiving was off, as after a restore, is in no archive; without it a
 * later restore would follow the old timeline and miss everything since.
 */
async function keepHistory(location: Location, archive: Archive): Promise<void> {
  const there = new Set(await walFiles(archive))
  const log = join(location.data, 'pg_wal')
  for (const name of (await readdir(log)).filter(isHistory)) {
    if (there.has(name)) continue
    const text = await readFile(join(log, name), 'utf8')
    await writeSynced(join(archive.wal, name), text, { mode: 0o600, owner: location.owner })
  }
}

/**
 * What PostgreSQL runs for each finished segment, as its own user, who may not be able to run our Node. A segment is
 * in the archive under its name only when all of it is on the disk; one that is there already must be the same.
 */
export function archiveScript(folder: string): string {
  return `# Written at every start. Copies one finished file of the write-ahead log: archive.sh <path> <name>
set -eu
umask 077
to=${shellWord(folder)}/"$2"
if [ -e "$to" ]; then
  cmp -s "$1" "$to" && exit 0
  echo "$to is there already and differs: two databases archive into one folder" >&2
  exit 1
fi
draft="$to.draft.$$"
trap 'rm -f "$draft"' EXIT
dd if="$1" of="$draft" bs=1048576 conv=fsync 2>/dev/null
# fails where another one was faster, instead of overwriting
ln "$draft" "$to"
rm -f "$draft"
sync ${shellWord(folder)} 2>/dev/null || sync
`
}

/** For a POSIX shell. */
export function shellWord(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
