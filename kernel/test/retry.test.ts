import { type RetryPolicy, requestErrors } from '@florin/kernel'
import { expect, test } from 'vitest'
import { isConnectionLoss, LostRace } from '../src/database.ts'
import { withRetry } from '../src/pipeline/retry.ts'

const policy: RetryPolicy = {
  conflicts: 3,
  connectionLosses: 2,
  firstPauseMs: 0,
  longestPauseMs: 0,
  patienceMs: 30_000,
}

function coded(code: string): Error {
  return Object.assign(new Error(code), { code })
}

/** Fails with each of these in turn, then succeeds. Says how often it ran. */
async function attempt(errors: readonly unknown[], alsoConflict?: (error: unknown) => boolean) {
  const left = [...errors]
  const causes: string[] = []
  const work = async (): Promise<string> => {
    if (left.length > 0) throw left.shift()
    return 'done'
  }
  const outcome = await withRetry(policy, work, (cause) => causes.push(cause), alsoConflict).catch(
    (error: unknown) => error,
  )
  return { outcome, causes }
}

test.each(['40001', '40P01', '55P03'])(
  'a lost race (%s) is run again, so often and no more',
  async (code) => {
    expect(await attempt([coded(code), coded(code), coded(code)])).toEqual({
      outcome: 'done',
      causes: ['conflict', 'conflict', 'conflict'],
    })
    const { outcome } = await attempt(Array(4).fill(coded(code)))
    expect(outcome).toMatchObject({ code: 'overloaded', cause: { code }, retryAfterS: 1 })
    expect(requestErrors.overloaded.status).toBe(503)
  },
)

test.each(['57P01', '57P03', '08006', '53300', '53100', '53200', 'ECONNRESET', 'ECONNREFUSED', 'EPIPE'])(
  'a lost connection or a server out of room (%s) is run again, so often and no more',
  async (code) => {
    expect(await attempt([coded(code), coded(code)])).toMatchObject({ outcome: 'done' })
    const { outcome } = await attempt(Array(3).fill(coded(code)))
    expect(outcome).toMatchObject({ code: 'database_unavailable', cause: { code } })
  },
)

test('both are counted apart', async () => {
  const errors = [coded('40001'), coded('57P01'), coded('40001'), coded('57P01'), new LostRace('late')]
  expect(await attempt(errors)).toMatchObject({ outcome: 'done', causes: { length: 5 } })
})

test('a unit may name further lost races', async () => {
  const mine = coded('23505')
  expect(await attempt([mine], (error) => error === mine)).toEqual({ outcome: 'done', causes: ['conflict'] })
})

test.each(['23505', '42P01', '22003', '28P01', '42501'])('a fault (%s) is told at once', async (code) => {
  expect(await attempt([coded(code)])).toMatchObject({ outcome: { code }, causes: [] })
  expect(isConnectionLoss(coded(code))).toBe(false)
})

test('a statement that took too long is not run again, and the caller may send it again later', async () => {
  expect(await attempt([coded('57014')])).toMatchObject({
    outcome: { code: 'database_unavailable', cause: { code: '57014' } },
    causes: [],
  })
})

test('a caller whose patience is over is told, however many tries are left', async () => {
  const impatient = { ...policy, patienceMs: -1 }
  let tries = 0
  const work = (): Promise<never> => {
    tries++
    return Promise.reject(coded('40001'))
  }
  await expect(withRetry(impatient, work, () => undefined)).rejects.toMatchObject({ code: 'overloaded' })
  expect(tries).toBe(1)
})
