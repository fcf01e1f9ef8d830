import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Database } from '@florin/kernel'
import { findRunning } from '@florin/postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Ended, type Env, endAll, florin, freePort, serve } from './program.ts'

let folder = ''
let env: Env = {}
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'florin-backup-'))
  // As root PostgreSQL runs as another user, who must be able to pass.
  await chmod(folder, 0o755)
  env = {
    FLORIN_DATA: join(folder, 'data'),
    FLORIN_PORT: String(await freePort()),
    FLORIN_ARCHIVE: join(folder, 'archive'),
  }
})
afterAll(async () => {
  await endAll()
  await rm(folder, { recursive: true, force: true })
})

const run = (args: string, more: Env = {}): Promise<Ended> => florin(args.split(' '), { ...env, ...more })

async function done(args: string, more: Env = {}): Promise<Ended> {
  const ended = await run(args, more)
  expect([args, ended.code, ended.stderr]).toEqual([args, 0, expect.any(String)])
  return ended
}

async function post(n: number): Promise<void> {
  const posting = `[{"debit":"bank:main","credit":"customers:${n}:wallet","amount":"1.00","asset":"EUR"}]`
  await done(`ledger transaction post --ledger demo --key n-${n} --postings ${posting}`)
}

/** Until the archive has all that was written, and the note beside it says so. */
async function archived(): Promise<void> {
  const running = await findRunning(join(folder, 'data'))
  const database = new Database(running?.adminUrl ?? '')
  const [place] = await database.query<{ file: string }>(
    `SELECT pg_walfile_name(pg_create_restore_point('archived')) AS file`,
  )
  await database.query('SELECT pg_switch_wal()')
  for (let last = ''; last < (place?.file ?? ''); ) {
    const [row] = await database.query<{ last: string | null }>(
      'SELECT last_archived_wal AS last FROM pg_stat_archiver',
    )
    last = row?.last ?? ''
  }
  await database.close()
  for (let noted = ''; !noted.includes('"seq":"5"'); ) {
    noted = await readFile(join(folder, 'archive/known.json'), 'utf8')
  }
}

test('a backup under a running server, a lost disk, and the books as of a record and of the end', {
  timeout: 400_000,
}, async () => {
  const server = await serve(env)
  await done('ledger open --ledger demo --key open')
  await done('ledger chart set --ledger demo --json @docs/examples/chart.json --key chart')
  for (const n of [1, 2]) await post(n)
  const made = await done('backup --output json')
  expect(JSON.parse(made.stdout)).toMatchObject({ ledgers: [{ name: 'demo', seq: '2' }] })
  for (const n of [3, 4, 5]) await post(n)
  await done('backup')
  expect((await run('backup prune')).code).toBe(2)
  expect((await run('restore')).stderr).toContain('already running')
  await archived()
  const postmaster = await findRunning(join(folder, 'data'))
  expect(postmaster?.location).toBeDefined()
  server.child.kill('SIGKILL')
  await server.ended
  await rm(join(folder, 'data'), { recursive: true, maxRetries: 20, retryDelay: 200 })

  const early = { FLORIN_DATA: join(folder, 'early') }
  const restored = await done('restore --to-seq demo:4 --output json', early)
  expect(JSON.parse(restored.stdout)).toMatchObject({
    target: 'demo:4',
    ledgers: [{ ledger: 'demo', restored_to: '4', known: '5', missing: '1' }],
  })
  const noArchive = { ...early, FLORIN_ARCHIVE: '' }
  const verified = await done('verify', noArchive)
  expect(verified.stderr).toMatch(
    /demo: up to 4, booked at .*; 1 later record known before \(up to 5, .*\) is not in it/,
  )
  const trial = await done('trial-balance --ledger demo --output json', noArchive)
  expect(JSON.parse(trial.stdout)).toMatchObject({ seq: '4', totals: [{ debits: '4.00' }] })

  const whole = { FLORIN_DATA: join(folder, 'whole') }
  const all = await done('restore --output json', whole)
  expect(JSON.parse(all.stdout)).toMatchObject({ ledgers: [{ restored_to: '5', missing: '0' }] })
  expect((await done('verify', whole)).stdout).toMatch(/ok +true/)
  expect((await run('restore', whole)).stderr).toMatch(/There is a database in .* already/)
  // the key of an acknowledged posting is still known: it is not booked again
  expect(
    (
      await done(
        'ledger transaction post --ledger demo --key n-5 --postings [{"debit":"bank:main","credit":"customers:5:wallet","amount":"1.00","asset":"EUR"}]',
        whole,
      )
    ).stderr,
  ).toContain('first one')

  expect((await done('backup verify --output json')).stdout).toContain('"ok":true')
  expect(JSON.parse((await done('backup list --output json')).stdout).items).toHaveLength(2)
  expect(JSON.parse((await done('backup prune --keep 1 --output json')).stdout).removed).toHaveLength(1)
})

test.each([
  ['restore --to-time yesterday', 2, '--to-time is a time with its zone'],
  ['restore --to-seq demo', 2, '--to-seq is LEDGER:N'],
  ['restore --to-lsn x', 2, '--to-lsn is a place'],
  ['restore --to-lsn 0/1 --to-seq demo:1', 2, 'is enough'],
  ['restore --to-lsn 0/1', 1, 'holds no complete backup'],
  ['backup prune --keep 0', 2, '--keep must be'],
  ['backup a b', 2, 'one argument too many'],
  ['backup verify', 1, 'no complete backup'],
])('%s is refused in one sentence', async (args, code, message) => {
  const ended = await run(args, {
    FLORIN_ARCHIVE: join(folder, 'nothing'),
    FLORIN_DATA: join(folder, 'fresh'),
  })
  expect([ended.code, ended.stderr]).toEqual([code, expect.stringContaining(message)])
})

test('a PostgreSQL of one’s own is backed up by its own tools', async () => {
  const ended = await run('backup', { DATABASE_URL: 'postgres://nobody@127.0.0.1:9/none' })
  expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining('pg_basebackup')])
})
