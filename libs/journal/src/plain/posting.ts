import { type AmountContext, AmountReader } from './amount.ts'
import { parseDate } from './dates.ts'
import { addComment, emptyNote } from './note.ts'
import { type Posting, SyntaxProblem } from './syntax.ts'

export interface PostingContext extends AmountContext {
  /** Applies `apply account` and aliases. */
  resolve(account: string): string
  readonly year: string | undefined
}

/** The comment of a posting line begins at the first `;`: quoted commodities may hold one. */
function commentStart(text: string): number {
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    const c = text[i]
    if (c === '"') quoted = !quoted
    else if (c === ';' && !quoted) return i
  }
  return -1
}

const BRACKETED = /\[(?:(\d[\d./-]*))?(?:=(\d[\d./-]*))?\]/

/** Reads one posting line, its indent already taken. */
export function parsePosting(text: string, at: Posting['at'], context: PostingContext): Posting {
  let rest = text
  let status: string | undefined
  if (rest[0] === '*' || rest[0] === '!') {
    status = rest[0]
    rest = rest.slice(1).trimStart()
  }
  const gap = /(?: {2}|\t| \t)/.exec(rest)
  const name = (gap === null ? rest : rest.slice(0, gap.index)).trim()
  let tail = gap === null ? '' : rest.slice(gap.index)
  if (name === '') throw new SyntaxProblem('expected an account')
  const virtual = name.startsWith('[') && name.endsWith(']')
  if (name.startsWith('(') && name.endsWith(')'))
    throw new SyntaxProblem(
      `${name} is an unbalanced posting: the books are double entry`,
      'unbalanced_virtual',
    )
  const account = context.resolve(virtual ? name.slice(1, -1).trim() : name)
  if (account === '' || account.split(':').some((part) => part.trim() === ''))
    throw new SyntaxProblem(`not an account name: "${account}"`)

  const note = emptyNote()
  let date: string | undefined
  const semicolon = commentStart(tail)
  if (semicolon >= 0) {
    const comment = tail.slice(semicolon + 1)
    tail = tail.slice(0, semicolon)
    addComment(note, comment, context.dialect)
    date = postingDate(comment, context)
  }
  const reader = new AmountReader(tail.trimEnd(), context)
  const annotations: Record<string, string> = {}
  const keep = (key: string, start: number) => {
    const written = reader.text.slice(start, reader.pos).trim()
    if (written !== '') annotations[key] = written
  }
  let amount: Posting['amount']
  let lot: Posting['lot']
  let cost: Posting['cost']
  if (!reader.atEnd() && reader.text[reader.pos] !== '=') {
    amount = reader.amount()
    // Lot, its date and note, and the price come in any order.
    for (let again = true; again; ) {
      const start = reader.pos
      reader.blanks()
      const c = reader.text[reader.pos]
      if (c === '{') {
        lot = reader.lot() ?? lot
        keep('cost', start)
      } else if (c === '[') {
        reader.lotTag('[', ']')
        keep('lot-date', start)
      } else if (c === '@' || reader.text.startsWith('(@', reader.pos)) {
        if (cost !== undefined) throw new SyntaxProblem('a posting has two prices')
        cost = reader.cost()
        keep('price', start)
      } else if (c === '(') {
        reader.lotTag('(', ')')
        keep('lot-note', start)
      } else again = false
    }
  }
  const assertion = reader.assertion()
  if (!reader.atEnd()) throw new SyntaxProblem(`unexpected "${reader.text.slice(reader.pos)}"`)
  return { at, status, account, virtual, amount, cost, lot, annotations, assertion, date, note }
}

/** A posting's own date, from `date:` or `[…]` in its comment (hledger), `[…]` (ledger). */
export function postingDate(comment: string, context: PostingContext): string | undefined {
  const tagged =
    context.dialect === 'hledger' ? /(?:^|[\s,])date:\s*([\d./-]+)/.exec(comment)?.[1] : undefined
  const text = tagged ?? BRACKETED.exec(comment)?.[1]
  return text === undefined ? undefined : parseDate(text, context.year)
}
