import { chmod, chown, cp, lstat, mkdir, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findPackage, prepareBinaries, program } from '../src/binaries.ts'
import { startEmbedded } from '../src/index.ts'
import { locate } from '../src/location.ts'
import { runTool } from '../src/tools.ts'
import { asRoot, Florin, query, tempFolder } from './support.ts'

const NOBODY = 65534

async function copyOfBinaries(folder: string): Promise<string> {
  const copy = join(folder, 'package', 'native')
  await cp((await findPackage()).folder, copy, { recursive: true, verbatimSymlinks: true })
  return copy
}

async function withoutLinks(native: string): Promise<void> {
  for (const name of await readdir(join(native, 'lib'))) {
    const path = join(native, 'lib', name)
    if ((await lstat(path)).isSymbolicLink()) await rm(path)
  }
}

test('library links that the post-install did not make are made', async () => {
  const folder = await tempFolder()
  const native = await copyOfBinaries(folder)
  await withoutLinks(native)
  const found = { ...(await findPackage()), folder: native }
  const said: string[] = []
  const ready = await prepareBinaries(found, undefined, join(folder, 'spare'), (line) => said.push(line))
  expect(ready.folder).toBe(native)
  expect(said).toEqual([])
  expect((await runTool(program(ready, 'postgres'), ['--version'], undefined)).output).toMatch(/PostgreSQL/)
})

test.runIf(asRoot)('programs that PostgreSQL’s user cannot reach are copied, once', async () => {
  const folder = await tempFolder()
  const native = await copyOfBinaries(folder)
  await withoutLinks(native)
  await chmod(join(folder, 'package'), 0o700)
  const found = { ...(await findPackage()), folder: native }
  const owner = { uid: NOBODY, gid: NOBODY }
  const said: string[] = []
  for (const _ of [1, 2]) {
    const ready = await prepareBinaries(found, owner, join(folder, 'spare'), (line) => said.push(line))
    expect(ready.folder).toBe(join(folder, 'spare', `binaries-${found.version}`))
    expect((await runTool(program(ready, 'postgres'), ['--version'], owner)).ok).toBe(true)
  }
  expect(said).toHaveLength(1)
})

test.runIf(asRoot)(
  'root below a folder that only root may enter: the data goes where it can be reached',
  async () => {
    const folder = await tempFolder(0o700)
    const rootHome = join(await tempFolder(0o755), 'florin')
    const dataDir = join(folder, '.florin')
    await mkdir(dataDir)
    const said: string[] = []
    const location = await locate(dataDir, rootHome, (line) => said.push(line))
    expect(location.folder.startsWith(join(rootHome, '/'))).toBe(true)
    expect(said.at(-1)).toBe(
      `PostgreSQL refuses to run as root and its user can't reach ${dataDir}, so the data is in ${location.folder}.`,
    )
    expect((await readFile(join(dataDir, 'postgres-location'), 'utf8')).trim()).toBe(location.folder)
    const server = await startEmbedded({ dataDir, rootHome, binariesDir: await copyOfBinaries(folder) })
    expect(server.location).toBe(location.folder)
    await query(server.adminUrl, 'CREATE TABLE kept AS SELECT 42 AS n')
    await server.stop()

    const again = await startEmbedded({ dataDir, rootHome, binariesDir: join(folder, 'package', 'native') })
    expect(await query(again.adminUrl, 'SELECT n FROM kept')).toEqual([42])
    await again.stop()
  },
)

test.runIf(asRoot)(
  'an ordinary user starts in a folder of its own, and root takes over as that user',
  async () => {
    const folder = await tempFolder()
    const binariesDir = await copyOfBinaries(folder)
    await chmod(binariesDir, 0o755)
    const home = join(folder, 'home')
    await mkdir(home)
    await chown(home, NOBODY, NOBODY)
    const dataDir = join(home, '.florin')
    const florin = new Florin({ dataDir, binariesDir, uid: NOBODY })
    const ready = await florin.ready()
    expect(ready.created).toBe(true)
    await query(ready.adminUrl, 'CREATE TABLE kept AS SELECT 42 AS n')
    await florin.end('SIGTERM')

    const server = await startEmbedded({ dataDir })
    expect((await stat(`/proc/${server.pid}`)).uid).toBe(NOBODY)
    expect(await query(server.adminUrl, 'SELECT n FROM kept')).toEqual([42])
    await server.stop()

    const back = new Florin({ dataDir, binariesDir, uid: NOBODY })
    expect((await back.ready()).created).toBe(false)
    await back.end('SIGTERM')
  },
)

test.runIf(asRoot)('an ordinary user is told whose data it is', async () => {
  const folder = await tempFolder(0o777)
  const dataDir = join(folder, '.florin')
  const server = await startEmbedded({ dataDir })
  await server.stop()
  await chmod(dataDir, 0o777)
  for (const name of await readdir(dataDir)) {
    if (name.startsWith('holder')) await chown(join(dataDir, name), NOBODY, NOBODY)
  }
  const refused = await new Florin({ dataDir, uid: NOBODY }).refused()
  expect(refused.code).toBe('not_owner')
})
