import type { SourceRef } from '../model.ts'
import type { Report } from '../report.ts'
import type { BookedDirective, Open } from './ast.ts'

/** Plugins that only check, or only add prices: the books are the same with and without them. */
const HARMLESS = new Set(
  [
    'check_average_cost',
    'check_closing',
    'check_commodity',
    'check_drained',
    'coherent_cost',
    'commodity_attr',
    'implicit_prices',
    'leafonly',
    'noduplicates',
    'nounused',
    'onecommodity',
    'pedantic',
    'sellgains',
    'unique_prices',
  ].map((name) => `beancount.plugins.${name}`),
)

const OPENING = new Set(['beancount.plugins.auto_accounts', 'beancount.plugins.auto'])

/** Whether the plugin opens accounts by itself, for which it looks at all of the journal. */
export function opensAccounts(plugin: string): boolean {
  return OPENING.has(plugin)
}

/** Sorts the plugins into supported, harmless, and those that would change the books (errors). */
export function applyPlugins(
  plugins: readonly { readonly name: string; readonly at: SourceRef }[],
  directives: BookedDirective[],
  report: Report,
): BookedDirective[] {
  let out = directives
  for (const { name, at } of plugins) {
    if (OPENING.has(name)) out = openUnopened(out)
    else if (HARMLESS.has(name))
      report.skipped(at, `plugin "${name}"`, 'it checks or adds prices; the books are the same without it')
    else
      report.error(at, 'plugin', `plugin "${name}" may change transactions and cannot be run: apply it first`)
  }
  return out
}

/** auto_accounts: every account used is open from the first day it is used. */
function openUnopened(directives: BookedDirective[]): BookedDirective[] {
  const opened = new Set<string>()
  for (const directive of directives) if (directive.kind === 'open') opened.add(directive.account)
  const made: Open[] = []
  const use = (account: string | undefined, by: BookedDirective) => {
    if (account === undefined || opened.has(account)) return
    opened.add(account)
    made.push({
      kind: 'open',
      file: by.file,
      line: by.line,
      date: by.date,
      meta: {},
      account,
      currencies: [],
      booking: undefined,
    })
  }
  for (const directive of directives) {
    if (directive.kind === 'transaction') {
      for (const posting of directive.postings) use(posting.account, directive)
      for (const posting of directive.empty) use(posting.account, directive)
    } else if (directive.kind === 'pad') {
      use(directive.account, directive)
      use(directive.source, directive)
    } else if ('account' in directive) use(directive.account, directive)
  }
  return [...made, ...directives]
}
