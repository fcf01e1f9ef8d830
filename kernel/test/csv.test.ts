import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type CsvCell, csv, csvRow } from '../src/csv.ts'

async function textOf(header: readonly string[], rows: Iterable<readonly CsvCell[]>): Promise<string> {
  const pieces: string[] = []
  for await (const piece of csv(header, rows)) pieces.push(piece)
  return pieces.join('')
}

/** RFC 4180 read naively, a character at a time. */
function parse(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  let cell = ''
  let quoted = false
  for (let i = 0; i < text.length; i += 1) {
    const c = text[i] ?? ''
    if (quoted) {
      if (c !== '"') cell += c
      else if (text[i + 1] === '"') {
        cell += '"'
        i += 1
      } else quoted = false
    } else if (c === '"') quoted = true
    else if (c === ',') {
      row.push(cell)
      cell = ''
    } else if (c === '\r' && text[i + 1] === '\n') {
      rows.push([...row, cell])
      row = []
      cell = ''
      i += 1
    } else cell += c
  }
  expect([quoted, row, cell]).toEqual([false, [], ''])
  return rows
}

test('quotes what must be quoted and nothing else', () => {
  expect(csvRow(['a', 'b c', 'd,e', 'f"g', 'h\r\ni', '', 'ß😀'])).toBe('a,b c,"d,e","f""g","h\r\ni",,ß😀\r\n')
  expect(csvRow([null, undefined, 7, -7, 12n, true])).toBe(',,7,-7,12,true\r\n')
})

test('texts that a spreadsheet would compute are kept from it, amounts stay numbers', () => {
  expect(csvRow(['=1+1', '+49 30', '-cmd', '@SUM(A1)', '\tx', '\rx'])).toBe(
    `'=1+1,'+49 30,'-cmd,'@SUM(A1),'\tx,"'\rx"\r\n`,
  )
  expect(csvRow(['-1', '-12.50', '0.001', '-1+1', '--1', '-1.', '-.5'])).toBe(
    `-1,-12.50,0.001,'-1+1,'--1,'-1.,'-.5\r\n`,
  )
})

test('whatever the texts, a reader gets them back', async () => {
  const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\r', '\n', '=', '-', '1', '.', 'é', '😀') })
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(cell, cell)), async (rows) => {
      const [header, ...read] = parse(await textOf(['first', 'second'], rows))
      expect(header).toEqual(['first', 'second'])
      const plain = read.map((row) => row.map((text) => text.replace(/^'/, '')))
      expect(plain).toEqual(rows)
      for (const text of read.flat()) expect(text).not.toMatch(/^(?!-\d+(\.\d+)?$)[=+\-@\t\r\n]/)
    }),
  )
})

test('a long table comes in pieces, a row that does not fit is a defect', async () => {
  const pieces: string[] = []
  const rows = Array.from({ length: 5_000 }, (_, i) => [i, 'x'.repeat(20)])
  for await (const piece of csv(['n', 'text'], rows)) pieces.push(piece)
  expect(pieces.length).toBeGreaterThan(3)
  expect(pieces.every((piece) => piece.endsWith('\r\n'))).toBe(true)
  expect(parse(pieces.join('')).length).toBe(5_001)
  expect(await textOf(['only'], [])).toBe('only\r\n')
  await expect(textOf(['a', 'b'], [['one']])).rejects.toThrow('1 cells under 2 headings')
})
