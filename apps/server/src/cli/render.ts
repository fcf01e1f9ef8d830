import { isObject, type Json } from './json.ts'

const bold = ['\u001b[1m', '\u001b[0m'] as const

/** Colour for people at a terminal only. */
function emphasise(text: string): string {
  const wanted = process.stdout.isTTY === true && (process.env.NO_COLOR ?? '') === ''
  return wanted ? `${bold[0]}${text}${bold[1]}` : text
}

/** An answer for people: a list as a table, an object as names and values. */
export function render(answer: unknown): string {
  if (!isObject(answer)) return `${cellOf(answer)}\n`
  const { items, next, ...frame } = answer
  if (Array.isArray(items)) {
    const head = Object.keys(frame).length === 0 ? '' : `${renderValues(frame)}\n`
    const more = typeof next === 'string' ? `\nMore: --all, or --cursor ${printable(next)}\n` : ''
    return head + renderTable(rowsOf(items)) + more
  }
  const lists = Object.entries(answer).filter(([, value]) => isTable(value))
  const values = Object.entries(answer).filter(([, value]) => !isTable(value))
  return [
    ...(values.length === 0 ? [] : [renderValues(Object.fromEntries(values))]),
    ...lists.map(([name, rows]) => `${emphasise(title(name))}\n${renderTable(rowsOf(rows))}`),
  ].join('\n')
}

/** Names and values, one a line, members of members below their names. */
function renderValues(object: Json): string {
  const cells = flatten(object)
  const width = Math.max(0, ...Object.keys(cells).map((name) => title(name).length))
  return Object.entries(cells)
    .map(([name, value]) => `${emphasise(title(name).padEnd(width))}  ${value}`.trimEnd())
    .map((line) => `${line}\n`)
    .join('')
}

/** Rows in columns as wide as their widest cell; columns of numbers to the right. */
export function renderTable(rows: readonly Json[]): string {
  if (rows.length === 0) return '(none)\n'
  const flat = rows.map(cellsOf)
  const names = [...new Set(flat.flatMap((row) => Object.keys(row)))]
  const columns = names.map((name) => {
    const cells = flat.map((row) => row[name] ?? '')
    const width = Math.max(widthOf(title(name)), ...cells.map(widthOf))
    const right = cells.every((cell) => cell === '' || isAmount(cell)) && cells.some((cell) => cell !== '')
    return { name, cells, pad: (text: string) => padded(text, width, right) }
  })
  const head = columns.map((column) => emphasise(column.pad(title(column.name)))).join('  ')
  const lines = rows.map((_row, i) => columns.map((column) => column.pad(column.cells[i] ?? '')).join('  '))
  return [head, ...lines].map((line) => `${line.trimEnd()}\n`).join('')
}

function title(name: string): string {
  return name.replaceAll('_', ' ')
}

/** A list of objects is a table; any other value is a cell. */
function isTable(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every(isObject)
}

function rowsOf(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

/** A row's cells. Objects within it are shown in brief: `--output json` has all of them. */
function cellsOf(row: Json): Record<string, string> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => {
      const cell = cellOf(value)
      const brief = typeof value === 'object' && cell.length > longestBrief
      return [name, brief ? `${cell.slice(0, longestBrief)}…` : cell]
    }),
  )
}

const longestBrief = 60

/** Members of members get dotted names; an amount with its asset is one cell. */
function flatten(object: Json): Record<string, string> {
  const cells: Record<string, string> = {}
  for (const [name, value] of Object.entries(object)) {
    if (isObject(value) && !isMoney(value) && Object.keys(value).length > 0) {
      for (const [inner, cell] of Object.entries(flatten(value))) cells[`${name}.${inner}`] = cell
    } else cells[name] = cellOf(value)
  }
  return cells
}

function isMoney(value: Json): boolean {
  return (
    Object.keys(value).length === 2 && typeof value.amount === 'string' && typeof value.asset === 'string'
  )
}

function cellOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'string') return printable(value)
  if (isObject(value) && isMoney(value)) return `${String(value.amount)} ${String(value.asset)}`
  if (Array.isArray(value) && value.length === 0) return '(none)'
  if (Array.isArray(value) && value.every((one) => typeof one === 'string'))
    return printable(value.join(', '))
  return JSON.stringify(value)
}

/** Text from elsewhere must not move the cursor or colour the terminal. */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (character) => (character === '\n' ? ' ⏎ ' : '�'))
}

function isAmount(cell: string): boolean {
  return /^-?\d+(\.\d+)?( [A-Z][A-Za-z0-9:/._-]*)?$/.test(cell)
}

/** Code points, which is right for most scripts; terminals differ on the rest. */
function widthOf(text: string): number {
  return [...text].length
}

function padded(text: string, width: number, right: boolean): string {
  const space = ' '.repeat(Math.max(0, width - widthOf(text)))
  return right ? space + text : text + space
}
