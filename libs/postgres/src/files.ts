import { randomUUID } from 'node:crypto'
import { chmod, chown, lstat, mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { errorCode, folderError, unwritable } from './errors.ts'

/** Whose files they are; undefined where we run without the right to give files away. */
export type Owner = { uid: number; gid: number } | undefined

export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

/** Removes a file that may be gone already. */
export async function removeFile(path: string): Promise<void> {
  await rm(path, { force: true })
}

/**
 * Creates the folder, and those above it that are missing, with exactly this mode, whatever the umask; folders that
 * exist keep their own. Step by step, because `mkdir` with `recursive` never returns where a folder refuses children
 * with ENOENT, as those of /proc do.
 */
export async function makeFolder(path: string, mode: number, owner: Owner): Promise<void> {
  for (const missing of await missingFolders(path)) {
    try {
      await mkdir(missing, { mode })
    } catch (error) {
      // Somebody else made it just now.
      if (errorCode(error) === 'EEXIST') continue
      // The folder above is there: its file system takes none.
      throw errorCode(error) === 'ENOENT' ? unwritable(missing, error) : error
    }
    await chmod(missing, mode)
    if (owner) await chown(missing, owner.uid, owner.gid)
  }
}

/** The same for whoever only wants the folder: throws a StartError that says what is in the way. */
export async function ensureFolder(path: string, mode: number): Promise<void> {
  try {
    await makeFolder(path, mode, undefined)
  } catch (error) {
    throw folderError(error, path)
  }
}

/** The folder and those above it that are not there, the uppermost first. */
async function missingFolders(path: string): Promise<string[]> {
  const missing: string[] = []
  for (let folder = resolve(path); !(await exists(folder)); folder = dirname(folder)) missing.unshift(folder)
  return missing
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false
    throw error
  }
}

/** Replaces the file so that a reader, or a crash at any moment, sees the old text or the new one. */
export async function writeWhole(
  path: string,
  text: string,
  options: { mode: number; owner?: Owner },
): Promise<void> {
  const draft = `${path}.${randomUUID()}`
  try {
    await writeSynced(draft, text, options)
    await rename(draft, path)
  } catch (error) {
    await removeFile(draft)
    throw error
  }
  await syncFolder(dirname(path))
}

/** Writes a new file and waits until it is on the disk. */
export async function writeSynced(
  path: string,
  text: string,
  options: { mode: number; owner?: Owner },
): Promise<void> {
  const file = await open(path, 'wx', options.mode)
  try {
    await file.writeFile(text)
    if (options.owner) await file.chown(options.owner.uid, options.owner.gid)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Makes names in this folder (a rename, a new file) survive a power cut. */
export async function syncFolder(path: string): Promise<void> {
  // Windows neither needs nor allows it
  if (process.platform === 'win32') return
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
