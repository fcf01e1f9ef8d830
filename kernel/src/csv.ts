/** Decimal amounts are given as the texts they are. */
export type CsvCell = string | number | bigint | boolean | null | undefined

/** Characters of a piece, at least, where there are more rows. */
const pieceLength = 16_384

/**
 * A table as RFC 4180 describes it: header, comma, CRLF, quotes where needed. Spreadsheets take texts that begin like a
 * formula for one, so those get an apostrophe before them; plain decimal numbers stay numbers. Rows are put together
 * into pieces worth sending.
 */
export async function* csv(
  header: readonly string[],
  rows: AsyncIterable<readonly CsvCell[]> | Iterable<readonly CsvCell[]>,
): AsyncGenerator<string> {
  let piece = csvRow(header)
  for await (const row of rows) {
    if (row.length !== header.length)
      throw new Error(`A row of ${row.length} cells under ${header.length} headings`)
    piece += csvRow(row)
    if (piece.length < pieceLength) continue
    yield piece
    piece = ''
  }
  if (piece !== '') yield piece
}

/** One row with its line end. Null and undefined are empty cells. */
export function csvRow(cells: readonly CsvCell[]): string {
  return `${cells.map(cellOf).join(',')}\r\n`
}

function cellOf(cell: CsvCell): string {
  if (cell === null || cell === undefined) return ''
  const text = typeof cell === 'string' && isFormula(cell) ? `'${cell}` : String(cell)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** Whether a spreadsheet might compute it instead of showing it. */
function isFormula(text: string): boolean {
  return /^[=+\-@\t\r\n]/.test(text) && !/^-?\d+(\.\d+)?$/.test(text)
}
