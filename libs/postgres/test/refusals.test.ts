import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { chooseOwner } from '../src/account.ts'
import { type EmbeddedServer, startEmbedded } from '../src/index.ts'
import { freePort } from '../src/port.ts'
import { asRoot, Florin, onLinux, query, tempFolder } from './support.ts'

async function stopped(): Promise<EmbeddedServer & { dataDir: string }> {
  const dataDir = join(await tempFolder(), '.florin')
  const server = await startEmbedded({ dataDir })
  await query(server.adminUrl, 'CREATE TABLE kept AS SELECT 42 AS n')
  await server.stop()
  return { ...server, dataDir }
}

function listenOn(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy())
    onTestFinished(() => void server.close())
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => resolve(server))
  })
}

test('a fixed port that somebody has is refused in one sentence', async () => {
  const dataDir = join(await tempFolder(), '.florin')
  const port = await freePort()
  await listenOn(port)
  await expect(startEmbedded({ dataDir, port })).rejects.toMatchObject({
    code: 'port_busy',
    message: `Port ${port} on 127.0.0.1 is in use by another program; free it or choose another port for PostgreSQL.`,
  })
})

test('a remembered port that somebody took is replaced by another', async () => {
  const before = await stopped()
  await listenOn(before.connection.port)
  const server = await startEmbedded({ dataDir: before.dataDir })
  expect(server.connection.port).not.toBe(before.connection.port)
  expect(await query(server.adminUrl, 'SELECT n FROM kept')).toEqual([42])
  await server.stop()
})

test.runIf(onLinux)('a lock file that names a process of somebody else is removed', async () => {
  const before = await stopped()
  const owner = await chooseOwner(join(before.location, 'data'), () => undefined)
  // of PostgreSQL's own user: for any other it would see by itself that the file is stale
  const stranger: ChildProcess = spawn('/bin/sleep', ['600'], { ...owner, cwd: '/', stdio: 'ignore' })
  onTestFinished(() => void stranger.kill('SIGKILL'))
  const { port } = before.connection
  const text = `${stranger.pid}\n${join(before.location, 'data')}\n1700000000\n${port}\n\n127.0.0.1\n  1 1\nready\n`
  await writeFile(join(before.location, 'data', 'postmaster.pid'), text)
  await writeFile(join(before.location, 'run', `.s.PGSQL.${port}.lock`), text)
  const server = await startEmbedded({ dataDir: before.dataDir })
  expect(await query(server.adminUrl, 'SELECT n FROM kept')).toEqual([42])
  expect(stranger.exitCode).toBeNull()
  await server.stop()
})

test('lock files cut short by a crash are removed', async () => {
  const before = await stopped()
  await writeFile(join(before.location, 'data', 'postmaster.pid'), '')
  await writeFile(join(before.dataDir, 'holder.7'), '{"pid":')
  const server = await startEmbedded({ dataDir: before.dataDir })
  await server.stop()
})

test('a holder whose process number went to somebody else holds nothing', async () => {
  const before = await stopped()
  const holder = { pid: process.ppid, identity: 'another boot:1', released: false }
  await writeFile(join(before.dataDir, 'holder.7'), JSON.stringify(holder))
  const server = await startEmbedded({ dataDir: before.dataDir })
  await server.stop()
})

test('a file where the data folder should be', async () => {
  const path = join(await tempFolder(), '.florin')
  await writeFile(path, '')
  await expect(startEmbedded({ dataDir: path })).rejects.toMatchObject({ code: 'folder_unwritable' })
})

test.runIf(onLinux)('a place where no folder can be', async () => {
  await expect(startEmbedded({ dataDir: '/proc/florin' })).rejects.toMatchObject({
    code: 'folder_unwritable',
  })
})

test.runIf(asRoot)('a folder that the user may not write', async () => {
  const folder = await tempFolder(0o755)
  const refused = await new Florin({ dataDir: join(folder, '.florin'), uid: 65534 }).refused()
  expect(refused).toEqual({
    code: 'folder_unwritable',
    message: `The folder ${folder}/.florin can't be written by this user; allow it to write there or choose another data folder.`,
  })
})

test('data of another PostgreSQL major', async () => {
  const before = await stopped()
  await writeFile(join(before.location, 'data', 'PG_VERSION'), '15\n')
  await expect(startEmbedded({ dataDir: before.dataDir })).rejects.toMatchObject({
    code: 'wrong_major',
    message: expect.stringContaining('was made by PostgreSQL 15 and this Florin brings PostgreSQL 18'),
  })
})

test.each([
  ['its version file', 'PG_VERSION'],
  ['its control file', 'global/pg_control'],
  ['its transaction log', 'pg_wal'],
])('a cluster that lost %s', async (_, name) => {
  const before = await stopped()
  await rm(join(before.location, 'data', name), { recursive: true })
  await expect(startEmbedded({ dataDir: before.dataDir })).rejects.toMatchObject({
    code: 'cluster_damaged',
    message: expect.stringContaining(join(before.location, 'data')),
  })
})

test('a control file that is cut short', async () => {
  const before = await stopped()
  await truncate(join(before.location, 'data', 'global', 'pg_control'), 100)
  await expect(startEmbedded({ dataDir: before.dataDir })).rejects.toMatchObject({ code: 'cluster_damaged' })
})

test('data that is gone is never replaced by an empty database', async () => {
  const before = await stopped()
  const aside = join(before.dataDir, 'aside')
  await rename(join(before.location, 'data'), aside)
  await expect(startEmbedded({ dataDir: before.dataDir })).rejects.toMatchObject({ code: 'cluster_damaged' })
  await rename(aside, join(before.location, 'data'))
  await writeFile(join(before.dataDir, 'postgres-location'), '/nowhere/florin\n')
  await expect(startEmbedded({ dataDir: before.dataDir })).rejects.toMatchObject({ code: 'location_missing' })
  await rm(join(before.dataDir, 'postgres-location'))
  const server = await startEmbedded({ dataDir: before.dataDir })
  expect(await query(server.adminUrl, 'SELECT n FROM kept')).toEqual([42])
  await server.stop()
})

test('a wrong password file is told from everything else', async () => {
  const before = await stopped()
  const path = join(before.location, 'superuser-password')
  const right = await readFile(path, 'utf8')
  await writeFile(path, 'wrong\n')
  await expect(startEmbedded({ dataDir: before.dataDir })).rejects.toMatchObject({ code: 'password_refused' })
  await writeFile(path, right)
  await (await startEmbedded({ dataDir: before.dataDir })).stop()
})

test('what an initialisation cut short left is removed', async () => {
  const dataDir = join(await tempFolder(), '.florin')
  await mkdir(join(dataDir, 'postgres', 'data-draft.1', 'base'), { recursive: true })
  const server = await startEmbedded({ dataDir })
  expect(server.created).toBe(true)
  await expect(readFile(join(server.location, 'data-draft.1'))).rejects.toMatchObject({ code: 'ENOENT' })
  await server.stop()
})
