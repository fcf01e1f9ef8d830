import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findRunning, startEmbedded } from '../src/index.ts'
import { processesOn } from '../src/processes.ts'
import { Florin, mode, query, tempFolder } from './support.ts'

test('the first start creates everything, the second finds it as it was', async () => {
  const dataDir = join(await tempFolder(), '.florin')
  const progress: string[] = []
  const first = await startEmbedded({ dataDir, onProgress: (line) => progress.push(line) })
  expect(progress).toEqual(['Creating the database (first start) …', 'Starting PostgreSQL …'])
  expect(first.created).toBe(true)
  await query(first.adminUrl, 'CREATE TABLE kept AS SELECT 42 AS n')
  await first.stop()
  expect(await processesOn(join(dataDir, 'postgres', 'data'))).toEqual([])

  const second = await startEmbedded({ dataDir })
  expect(second.created).toBe(false)
  expect(second.adminUrl).toBe(first.adminUrl)
  expect(await query(second.adminUrl, 'SELECT n FROM kept')).toEqual([42])
  await second.stop()
  await second.stop()
})

test('the server is durable, checksummed, local, and opens with its password alone', async () => {
  const dataDir = join(await tempFolder(), '.florin')
  const said: string[] = []
  const server = await startEmbedded({ dataDir, onProgress: (line) => said.push(line) })
  const setting = async (name: string): Promise<unknown> =>
    (await query(server.adminUrl, `SELECT current_setting('${name}')`))[0]
  for (const name of ['fsync', 'synchronous_commit', 'full_page_writes', 'data_checksums']) {
    expect([name, await setting(name)]).toEqual([name, 'on'])
  }
  expect(await setting('listen_addresses')).toBe('127.0.0.1')
  expect(await setting('server_encoding')).toBe('UTF8')
  expect(await query(server.adminUrl, 'SELECT DISTINCT auth_method FROM pg_hba_file_rules')).toEqual([
    'scram-sha-256',
  ])
  const wrong = server.adminUrl.replace(server.connection.password, 'wrong')
  await expect(query(wrong, 'SELECT 1')).rejects.toThrow(/password authentication failed/)
  expect(await mode(join(server.location, 'superuser-password'))).toBe('600')
  expect(await mode(server.location)).toBe('700')
  expect(said.join()).not.toContain(server.connection.password)
  await server.stop()
})

test('a live Florin is found with its address, and not once it has stopped', async () => {
  const dataDir = join(await tempFolder(), '.florin')
  expect(await findRunning(dataDir)).toBeUndefined()
  const server = await startEmbedded({ dataDir })
  expect(await findRunning(dataDir)).toEqual({
    pid: process.pid,
    adminUrl: server.adminUrl,
    location: server.location,
  })
  await server.announce('http://127.0.0.1:8080')
  expect(await findRunning(dataDir)).toMatchObject({ url: 'http://127.0.0.1:8080' })
  await server.stop()
  expect(await findRunning(dataDir)).toBeUndefined()
})

test('of several starts on one folder one wins, and the others name it', async () => {
  const dataDir = join(await tempFolder(), '.florin')
  const all = [1, 2, 3].map(() => new Florin({ dataDir }))
  const outcomes = await Promise.allSettled(all.map((florin) => florin.ready()))
  const winners = all.filter((_, index) => outcomes[index]?.status === 'fulfilled')
  expect(winners).toHaveLength(1)
  for (const loser of all.filter((florin) => !winners.includes(florin))) {
    const refused = await loser.refused()
    expect(refused.code).toBe('folder_in_use')
    expect(refused.message).toContain(`process ${winners[0]?.pid}`)
  }
  const late = await new Florin({ dataDir }).refused()
  expect(late.message).toBe(
    `Florin is already running on ${dataDir} (process ${winners[0]?.pid}, http://127.0.0.1:1); stop it first or choose another data folder.`,
  )
})

test('Ctrl-C in the middle of the first start leaves nothing running, and the next start works', async () => {
  const dataDir = join(await tempFolder(), '.florin')
  const abort = new AbortController()
  const start = startEmbedded({ dataDir, signal: abort.signal, onProgress: () => abort.abort() })
  await expect(start).rejects.toMatchObject({ code: 'cancelled' })
  expect(await findRunning(dataDir)).toBeUndefined()
  const server = await startEmbedded({ dataDir })
  expect(server.created).toBe(true)
  await server.stop()
  const left = await readdir(server.location)
  expect(left.filter((name) => name.startsWith('data'))).toEqual(['data'])
})

test('a socket folder is used where its path is short enough', async () => {
  const base = await tempFolder()
  for (const dataDir of [join(base, 's'), join(base, 'l'.repeat(90), '.florin')]) {
    const server = await startEmbedded({ dataDir })
    const folder = join(server.location, 'run')
    const expected = Buffer.byteLength(folder) <= 85 ? [folder] : ['']
    expect(await query(server.adminUrl, "SELECT current_setting('unix_socket_directories')")).toEqual(
      expected,
    )
    await server.stop()
  }
})
