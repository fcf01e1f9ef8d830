import { expect, test } from 'vitest'
import { failure } from '../src/readiness.ts'

const location = { folder: '/data/postgres', data: '/data/postgres/data', owner: undefined }

test('what ended the server is told, not what it answered to those who called meanwhile', () => {
  const log = [
    'LOG:  starting point-in-time recovery',
    'FATAL:  the database system is starting up',
    'FATAL:  recovery ended before configured recovery target was reached',
    'FATAL:  the database system is not yet accepting connections',
    'FATAL:  the database system is shutting down',
  ].join('\n')
  expect(failure(log, location, 5432).message).toMatch(/: recovery ended before configured recovery target/)
})
