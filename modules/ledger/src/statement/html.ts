import type { View } from '@florin/kernel'
import { formatDecimal } from '@florin/money'
import { allLines, balanceAfter, type StatementLine } from './lines.ts'
import { element, escapeMarkup } from './markup.ts'
import { balanceOf, openStatement, type Statement, type StatementInput } from './statement.ts'

/** A statement as one page that needs nothing else, made to be printed: its head is repeated on every sheet. */
export async function* statementHtml(view: View, input: StatementInput): AsyncGenerator<string> {
  const statement = await openStatement(view, input)
  yield head(statement, input, new Date(view.clock.now()))
  let piece = ''
  for await (const line of allLines(view, statement)) {
    piece += row(statement, line)
    if (piece.length < pieceLength) continue
    yield piece
    piece = ''
  }
  yield piece + foot(statement)
}

const pieceLength = 16_384

const style = `
@page { size: A4; margin: 16mm 14mm 18mm; @bottom-right { content: "Page " counter(page) " of " counter(pages); font: 8pt sans-serif; color: #555 } }
:root { color-scheme: light }
body { font: 10pt/1.4 system-ui, "Helvetica Neue", Arial, sans-serif; color: #1a1a1a; background: #fff; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 16pt; margin: 0 0 .8rem; font-weight: 600 }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1.2rem; margin: 0 0 1.4rem }
dt { color: #555 } dd { margin: 0; overflow-wrap: anywhere }
table { border-collapse: collapse; width: 100%; font-size: 9pt }
thead { display: table-header-group } tfoot { display: table-row-group }
th { text-align: left; font-weight: 600; border-bottom: 1.5px solid #1a1a1a; padding: .3rem .4rem; vertical-align: bottom }
.running th { font-weight: 400; color: #555; border: 0; padding: 0 .4rem .5rem; font-size: 8pt; overflow-wrap: anywhere }
td { border-bottom: .5px solid #ccc; padding: .3rem .4rem; vertical-align: top }
tr { break-inside: avoid }
.amount { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums }
.time { white-space: nowrap; font-variant-numeric: tabular-nums }
.about { overflow-wrap: anywhere; width: 45% } .about small { display: block; color: #555 }
.balance td { font-weight: 600; background: #f3f3f3; print-color-adjust: exact; border-bottom-color: #1a1a1a }
footer { margin-top: 1rem; color: #555; font-size: 8pt }
@media print { body { margin: 0; padding: 0; max-width: none } }
`

function head(statement: Statement, input: StatementInput, now: Date): string {
  const { account, opening, order, number } = statement
  const period = periodText(statement)
  const title = `Statement of ${account.address}`
  const facts = {
    Account: account.address,
    Ledger: input.ledger,
    Asset: account.asset,
    Type: account.type,
    Period: period,
    ...(number === undefined ? {} : { Number: String(number) }),
    Order: order === 'booking' ? 'by booking time' : 'by value time',
    'As of record': String(statement.asOf),
    Written: timeText(now),
  }
  const list = Object.entries(facts).map(
    ([name, value]) => element('dt', name) + element('dd', escapeMarkup(value)),
  )
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeMarkup(title)}</title><style>${style}</style></head><body>
<h1>${escapeMarkup(title)}</h1>
<dl>${list.join('\n')}</dl>
<table><thead>
<tr class="running"><th colspan="6">${escapeMarkup(`${account.address} · ${account.asset} · ${period}`)}</th></tr>
<tr><th>Booked</th><th>Value</th><th>Details</th><th class="amount">Debit</th><th class="amount">Credit</th><th class="amount">Balance</th></tr>
</thead><tbody>
${balanceRow(statement, 'Opening balance', balanceOf(account, opening))}`
}

function row(statement: Statement, line: StatementLine): string {
  const show = (minor: bigint): string => formatDecimal(minor, statement.account.exponent)
  const about = [line.description ?? line.kind, line.reference ?? ''].filter((text) => text !== '')
  const small = [line.description === null ? '' : line.kind, line.counter_account, `${line.seq}/${line.line}`]
  const details = [
    ...about.map(escapeMarkup),
    element('small', escapeMarkup(small.filter((text) => text !== '').join(' · '))),
  ]
  return `<tr><td class="time">${twoLines(line.booked_at)}</td><td class="time">${twoLines(line.value_time)}</td><td class="about">${details.join('<br>')}</td>${[
    line.side === 'debit' ? show(line.amount) : '',
    line.side === 'credit' ? show(line.amount) : '',
    show(balanceAfter(statement, line)),
  ]
    .map((text) => `<td class="amount">${text}</td>`)
    .join('')}</tr>
`
}

function foot(statement: Statement): string {
  const { account, opening, closing } = statement
  const show = (minor: bigint): string => formatDecimal(minor, account.exponent)
  return `<tr><td></td><td></td><td class="about">Turnover</td><td class="amount">${show(closing.debits - opening.debits)}</td><td class="amount">${show(closing.credits - opening.credits)}</td><td></td></tr>
${balanceRow(statement, 'Closing balance', balanceOf(account, closing))}</tbody></table>
<footer>Amounts in ${escapeMarkup(account.asset)}, times in UTC. Balances are on the account’s normal side.</footer>
</body></html>
`
}

function balanceRow({ account }: Statement, name: string, minor: bigint): string {
  const amount = formatDecimal(minor, account.exponent)
  return `<tr class="balance"><td colspan="5">${name}</td><td class="amount">${amount}</td></tr>
`
}

function periodText({ from, to, at }: Statement): string {
  const start = from === undefined ? 'from the beginning' : `from ${timeText(new Date(from))}`
  const end = to === undefined ? `to ${timeText(new Date(at))}` : `before ${timeText(new Date(to))}`
  return `${start}, ${end}`
}

function twoLines(time: Date): string {
  return timeText(time).replace(' ', '<br>')
}

/** To the second; the milliseconds are in the other formats. */
function timeText(time: Date): string {
  return time.toISOString().slice(0, 19).replace('T', ' ')
}
