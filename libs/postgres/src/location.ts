import { createHash } from 'node:crypto'
import type { Stats } from 'node:fs'
import { chmod, chown, mkdir, readdir, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { canEnter, chooseOwner } from './account.ts'
import { errorCode, folderError, StartError, unwritable } from './errors.ts'
import { makeFolder, type Owner, readIfThere, writeWhole } from './files.ts'

/** Where root's databases go when the wanted folder is closed to PostgreSQL's user. */
export const ROOT_HOME = '/var/lib/florin'

/** Holds the path of the real folder when that isn't below the data folder. */
const POINTER = 'postgres-location'

/** One PostgreSQL cluster and what belongs to it, all in one folder owned by PostgreSQL's user. */
export type Location = { folder: string; data: string; owner: Owner }

/** Creates the data folder where needed and answers its real path. */
export async function openDataFolder(path: string): Promise<string> {
  try {
    // others may pass through to the part that is PostgreSQL's, and see nothing
    await makeFolder(path, 0o711, undefined)
    return await realpath(path)
  } catch (error) {
    // what Node says of a new folder on a read-only disk
    const readOnly = errorCode(error) === 'ENOENT'
    throw readOnly ? unwritable(path, error) : folderError(error, path)
  }
}

/** The folder of the cluster: chosen once, then remembered. */
export async function locate(
  dataFolder: string,
  rootHome: string,
  say: (line: string) => void,
): Promise<Location> {
  const remembered = await rememberedFolder(dataFolder)
  const folder = remembered ?? join(dataFolder, 'postgres')
  const owner = await chooseOwner(join(folder, 'data'), say)
  await refuseForeign(folder)
  if (await canEnter(owner, remembered ?? dataFolder)) return prepare(folder, owner)
  if (remembered !== undefined || (await holdsData(folder))) {
    throw new StartError(
      'folder_unwritable',
      `The data lies in ${folder}, which PostgreSQL's user can't reach (it refuses to run as root); open the folders above it to others with chmod o+x.`,
    )
  }
  const elsewhere = await takeFolderIn(rootHome, dataFolder)
  say(
    `PostgreSQL refuses to run as root and its user can't reach ${dataFolder}, so the data is in ${elsewhere}.`,
  )
  await writeWhole(join(dataFolder, POINTER), `${elsewhere}\n`, { mode: 0o600 })
  return prepare(elsewhere, owner)
}

/** The cluster's folder of a data folder that has been in use; nothing is created. */
export async function rememberedFolder(dataFolder: string): Promise<string | undefined> {
  const pointer = (await readIfThere(join(dataFolder, POINTER)))?.trim()
  if (!pointer) return undefined
  if (await isThere(pointer)) return pointer
  // never start empty in its place: whoever kept money there would find none
  throw new StartError(
    'location_missing',
    `The data of ${dataFolder} should be in ${pointer} and isn't there; put it back, or remove ${join(dataFolder, POINTER)} to start empty.`,
  )
}

async function takeFolderIn(home: string, dataFolder: string): Promise<string> {
  const name = createHash('sha256').update(dataFolder).digest('hex').slice(0, 16)
  try {
    await makeFolder(home, 0o711, undefined)
    // one that exists belongs to an earlier life of this folder: left alone
    for (let number = 1; ; number++) {
      const folder = join(home, number === 1 ? name : `${name}-${number}`)
      if (await createFolder(folder)) return folder
    }
  } catch (error) {
    throw folderError(error, home)
  }
}

async function createFolder(path: string): Promise<boolean> {
  try {
    await mkdir(path, { mode: 0o700 })
    return true
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return (await readdir(path)).length === 0
    throw error
  }
}

async function prepare(folder: string, owner: Owner): Promise<Location> {
  try {
    await makeFolder(folder, 0o700, owner)
    if (owner) await chown(folder, owner.uid, owner.gid)
    await chmod(folder, 0o700)
  } catch (error) {
    throw folderError(error, folder)
  }
  return { folder, data: join(folder, 'data'), owner }
}

/** Without root's rights only the owner of the data can run it. */
async function refuseForeign(folder: string): Promise<void> {
  const me = process.getuid?.()
  if (me === undefined || me === 0) return
  const found = await statIfThere(folder)
  if (found === undefined || found.uid === me) return
  throw new StartError(
    'not_owner',
    `The data in ${folder} belongs to another user (number ${found.uid}); start Florin as that user or choose another data folder.`,
  )
}

async function isThere(path: string): Promise<boolean> {
  return (await statIfThere(path)) !== undefined
}

async function statIfThere(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw folderError(error, path)
  }
}

async function holdsData(folder: string): Promise<boolean> {
  return (await readIfThere(join(folder, 'data', 'PG_VERSION'))) !== undefined
}
