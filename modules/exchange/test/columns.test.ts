import { Database, defaultDatabaseOptions } from '@florin/kernel'
import { sharedServerUrl } from '@florin/postgres/testing'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { boolColumn, int4Column, int8Column, microsColumn, textColumn } from '../src/store/columns.ts'

let database: Database
beforeAll(() => {
  database = new Database(sharedServerUrl(), defaultDatabaseOptions)
})
afterAll(() => database.close())

const integers = fc.array(fc.option(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })), { maxLength: 20 })
const safe = fc.array(fc.option(fc.maxSafeInteger()), { maxLength: 20 })
const micros = fc.array(fc.option(fc.integer({ min: -(2 ** 51), max: 2 ** 52 })), { maxLength: 20 })
const texts = fc.array(fc.option(fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0'))), {
  maxLength: 20,
})

/** What PostgreSQL reads of a column, as texts. */
async function read(column: Buffer, type: string, shown = 'v::text'): Promise<(string | null)[]> {
  const rows = await database.query<{ shown: string | null }>(
    `SELECT ${shown} AS shown FROM unnest($1::${type}[]) WITH ORDINALITY AS c (v, place) ORDER BY place`,
    [column],
  )
  return rows.map((row) => row.shown)
}

const plain = (values: readonly (number | string | null)[]) =>
  values.map((value) => (value === null ? null : String(value)))

test('PostgreSQL reads what was written', async () => {
  await fc.assert(
    fc.asyncProperty(integers, safe, micros, texts, async (four, eight, times, words) => {
      expect(await read(int4Column(four), 'int4')).toEqual(plain(four))
      expect(await read(int8Column(eight), 'int8')).toEqual(plain(eight))
      const us = '(extract(epoch FROM v) * 1000000)::bigint::text'
      expect(await read(microsColumn(times), 'timestamptz', us)).toEqual(plain(times))
      expect(await read(textColumn(words), 'text')).toEqual(plain(words))
    }),
    { numRuns: 60 },
  )
  expect(await read(boolColumn([true, false]), 'bool')).toEqual(['true', 'false'])
})

test('what does not fit its type is refused here', () => {
  expect(() => int4Column([2 ** 31])).toThrow(RangeError)
})
