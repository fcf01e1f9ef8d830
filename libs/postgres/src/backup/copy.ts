import { createHash } from 'node:crypto'
import type { Dirent } from 'node:fs'
import { type FileHandle, mkdir, open, readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { errorCode, noSpace } from '../errors.ts'
import { type Owner, syncFolder } from '../files.ts'

/** A copied file: where below the cluster, how long, and its SHA-256 in hex. */
export type CopiedFile = { path: string; size_bytes: number; sha256: string }

const CHUNK_BYTES = 1024 * 1024

/** What is not part of a backup: it belongs to the running server, or is rebuilt at start. */
const EMPTIED = new Set([
  'pg_dynshmem',
  'pg_notify',
  'pg_replslot',
  'pg_serial',
  'pg_snapshots',
  'pg_stat_tmp',
  'pg_subtrans',
  'pg_wal',
])
const LEFT_OUT = new Set([
  'postmaster.pid',
  'postmaster.opts',
  'backup_label',
  'tablespace_map',
  'backup_manifest',
])
const CONTROL = 'global/pg_control'

/** Copies a running cluster between the start and the stop of a backup; its log is not in it. */
export async function copyCluster(
  data: string,
  to: string,
  onBytes: (bytes: number) => void,
): Promise<CopiedFile[]> {
  const paths = await clusterFiles(data, to, '')
  const files: CopiedFile[] = []
  for (const path of paths.filter((one) => one !== CONTROL)) {
    const copied = await copyIfThere(data, to, path)
    if (copied === undefined) continue
    files.push(copied)
    onBytes(copied.size_bytes)
  }
  // last, so that it is not older than anything it speaks of
  files.push(await copyFile(data, to, CONTROL))
  return files
}

/** Makes the folders and lists the files. */
async function clusterFiles(data: string, to: string, below: string): Promise<string[]> {
  const paths: string[] = []
  for (const entry of await entriesOf(join(data, below))) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`
    if (entry.isDirectory()) {
      await mkdir(join(to, path), { mode: 0o700 })
      if (!EMPTIED.has(path) && !isTemporary(entry.name)) paths.push(...(await clusterFiles(data, to, path)))
    } else if (entry.isFile() && isWanted(path, entry.name)) paths.push(path)
  }
  return paths
}

function isWanted(path: string, name: string): boolean {
  return !isTemporary(name) && !LEFT_OUT.has(path) && !/^pg_internal\.init/.test(name)
}

function isTemporary(name: string): boolean {
  return name.startsWith('pgsql_tmp') || /^florin\.conf\./.test(name)
}

/** A folder of a database that is being dropped may go while we look. */
async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true })
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return []
    throw error
  }
}

/** A table may be dropped while we copy: the log says so, too, and recovery does it again. */
async function copyIfThere(data: string, to: string, path: string): Promise<CopiedFile | undefined> {
  try {
    return await copyFile(data, to, path)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

/** Copies a file, waits until it is on the disk, and says what was read. */
export async function copyFile(from: string, to: string, path: string, owner?: Owner): Promise<CopiedFile> {
  const source = await open(join(from, path), 'r')
  try {
    const target = await open(join(to, path), 'wx', 0o600)
    try {
      const copied = await pump(source, target)
      if (owner) await target.chown(owner.uid, owner.gid)
      await target.sync()
      return { path, ...copied }
    } finally {
      await target.close()
    }
  } catch (error) {
    throw errorCode(error) === 'ENOSPC' ? noSpace(to, error) : error
  } finally {
    await source.close()
  }
}

async function pump(source: FileHandle, target: FileHandle): Promise<Omit<CopiedFile, 'path'>> {
  const hash = createHash('sha256')
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES)
  let size_bytes = 0
  for (;;) {
    const { bytesRead } = await source.read(buffer, 0, CHUNK_BYTES, size_bytes)
    if (bytesRead === 0) return { size_bytes, sha256: hash.digest('hex') }
    const chunk = buffer.subarray(0, bytesRead)
    hash.update(chunk)
    await target.writeFile(chunk)
    size_bytes += bytesRead
  }
}

/** The SHA-256 of a file, or undefined where it is gone. */
export async function hashOf(path: string): Promise<string | undefined> {
  const hash = createHash('sha256')
  try {
    const file = await open(path, 'r')
    try {
      for await (const chunk of file.createReadStream({ autoClose: false })) hash.update(chunk)
    } finally {
      await file.close()
    }
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
  return hash.digest('hex')
}

/** Makes the names in a tree survive a power cut. */
export async function syncTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await syncTree(join(folder, entry.name))
  }
  await syncFolder(folder)
  await syncFolder(dirname(folder))
}
