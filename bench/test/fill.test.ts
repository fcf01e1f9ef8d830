import type { Database } from '@florin/kernel'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { fillBooks } from '../growth/fill.ts'
import { openAdmin, openBooks, recordsOf, verifyBooks } from '../lib/books.ts'
import { type BenchServer, startBenchServer } from '../lib/server.ts'
import { Subject } from '../lib/subject.ts'
import { Poster } from '../posting/poster.ts'
import { pairsOf, uniformOver } from '../posting/scenarios.ts'

let server: BenchServer

beforeAll(async () => {
  server = await startBenchServer()
})

afterAll(async () => {
  await server.stop()
})

async function onBooks(
  work: (url: string, admin: Database, subject: Subject) => Promise<void>,
): Promise<void> {
  await server.withDatabase('florin', async (url) => {
    const admin = openAdmin(url)
    const subject = new Subject(url)
    try {
      await openBooks(subject, admin, { ledger: 'bench', accounts: 100 })
      await work(url, admin, subject)
    } finally {
      await subject.database.close()
      await admin.close()
    }
  })
}

it('fills books that verify finds right, again and again, also between real postings', async () => {
  await onBooks(async (url, admin, subject) => {
    const scenario = uniformOver(100, [])
    const target = { subject, engine: subject.engine(50), ledger: 'bench', size: 50 }
    const poster = new Poster(target, scenario, pairsOf(scenario, 200), 'real')
    await fillBooks(admin, 'bench', 700)
    await poster.run('post', 2, 50)
    await fillBooks(admin, 'bench', 300)
    await poster.run('batch', 2, 50)
    poster.check()
    expect(await recordsOf(admin, 'bench')).toBe(1_200)
    await verifyBooks(url)
  })
})

it('finds what is wrong', async () => {
  await onBooks(async (url, admin) => {
    await fillBooks(admin, 'bench', 100)
    await admin.query(
      'UPDATE ledger.balances SET posted_debits = posted_debits + 1 WHERE account_id % 100 = 7',
    )
    await expect(verifyBooks(url)).rejects.toThrow('The books are wrong')
  })
})

it('fills whole rounds only', async () => {
  await onBooks(async (_, admin) => {
    await expect(fillBooks(admin, 'bench', 150)).rejects.toThrow('whole rounds')
  })
})
