import { readFile } from 'node:fs/promises'
import { expect } from 'vitest'
import { validateXML } from 'xmllint-wasm'

/** What every format tells, in minor units of an asset with two decimals; positive: credit. */
export interface Told {
  readonly opening: bigint
  readonly closing: bigint
  /** Credits positive, debits negative. */
  readonly moved: readonly bigint[]
}

export function minor(text: string): bigint {
  expect(text).toMatch(/^-?\d+\.\d{2}$/)
  return BigInt(text.replace('.', ''))
}

/** RFC 4180, as far as our own writing goes: quotes only around whole cells. */
export function readCsv(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  for (const [, quoted, bare, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    row.push(quoted === undefined ? (bare ?? '') : quoted.replaceAll('""', '"'))
    if (end === ',') continue
    rows.push(row)
    row = []
  }
  return rows
}

export function toldByCsv(text: string): Told {
  const [header = [], ...rows] = readCsv(text)
  const cell = (row: readonly string[] | undefined, name: string): string => row?.[header.indexOf(name)] ?? ''
  const [first, last] = [rows[0], rows.at(-1)]
  expect([cell(first, 'kind'), cell(last, 'kind')]).toEqual(['opening balance', 'closing balance'])
  return {
    opening: minor(cell(first, 'balance')),
    closing: minor(cell(last, 'balance')),
    moved: rows
      .slice(1, -1)
      .map((row) => (cell(row, 'credit') === '' ? -minor(cell(row, 'debit')) : minor(cell(row, 'credit')))),
  }
}

export function toldByHtml(text: string): Told {
  const balances = [...text.matchAll(/<td colspan="5">[^<]*<\/td><td class="amount">([^<]*)</g)].map(
    ([, amount = '']) => minor(amount),
  )
  const rows = [
    ...text.matchAll(/<small>.*?<\/td><td class="amount">([^<]*)<\/td><td class="amount">([^<]*)</g),
  ]
  return {
    opening: balances[0] ?? -1n,
    closing: balances[1] ?? -1n,
    moved: rows.map(([, debit = '', credit = '']) => (credit === '' ? -minor(debit) : minor(credit))),
  }
}

export function toldByCamt(text: string): Told {
  const signed = (of: string): bigint => {
    const [, amount = ''] = /<Amt Ccy="EUR">([^<]*)</.exec(of) ?? []
    return of.includes('<CdtDbtInd>CRDT<') ? minor(amount) : -minor(amount)
  }
  const balance = (code: string): bigint => {
    const [found] = new RegExp(`<Bal><Tp><CdOrPrtry><Cd>${code}<.*?</Bal>`).exec(text) ?? ['']
    return signed(found)
  }
  return {
    opening: balance('OPBD'),
    closing: balance('CLBD'),
    moved: [...text.matchAll(/<Ntry>.*?<\/Ntry>/gs)].map(([entry]) => signed(entry)),
  }
}

const schema = readFile(new URL('../data/camt.053.001.08.xsd', import.meta.url), 'utf8')

/** Refuses documents that the ISO 20022 schema does not allow. */
export async function expectValidCamt(documents: readonly string[]): Promise<void> {
  const xml = documents.map((contents, i) => ({ fileName: `${i}.xml`, contents }))
  const { valid, errors } = await validateXML({
    xml,
    schema: [{ fileName: 'camt.053.001.08.xsd', contents: await schema }],
  })
  expect({ valid, errors: errors.map(({ message }) => message) }).toEqual({ valid: true, errors: [] })
}

/** What a text in the document says once it is read. */
export function unescaped(text: string): string {
  return text.replaceAll(/&#(\d+);/g, (_all, code: string) => String.fromCharCode(Number(code)))
}
