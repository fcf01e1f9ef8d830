import { isDay } from '../calendar.ts'
import { SyntaxProblem } from './syntax.ts'

const DATE = /^(?:(\d{4,5})[-/.])?(\d{1,2})[-/.](\d{1,2})$/

/** `2024-1-5`, `2024/01/05`, `1/5` (with a default year) as YYYY-MM-DD. */
export function parseDate(text: string, year: string | undefined): string {
  const found = DATE.exec(text)
  if (found === null) throw new SyntaxProblem(`not a date: "${text}"`)
  const [, written, month = '', day = ''] = found
  const full = written ?? year
  if (full === undefined)
    throw new SyntaxProblem(
      `the date ${text} has no year, and no year directive stands before it`,
      'date_without_year',
    )
  if (!isDay(Number(full), Number(month), Number(day)) || full.length > 4)
    throw new SyntaxProblem(`no such day: ${text}`)
  return `${full.padStart(4, '0')}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`
}
