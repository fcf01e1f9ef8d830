import { refusalKind, requestErrors } from '@florin/kernel'
import { createRegistry } from '../../apps/server/src/modules.ts'
import { ledgerRefusals } from '../../modules/ledger/src/refusals.ts'

/** Every code that an answer may carry, as a page. */
export function codesPage(): string {
  const answeredBy = new Map<string, string[]>()
  for (const { name, refusals } of createRegistry().operations()) {
    for (const code of refusals) answeredBy.set(code, [...(answeredBy.get(code) ?? []), name])
  }
  const refusals = [...new Set([...answeredBy.keys(), ...Object.keys(ledgerRefusals)])].sort()
  return `# Errors and refusals

(This page is made from the code by \`UPDATE_DOCS=1 npm test -- test/readme.test.ts\`.)

Codes are stable. The body of such an answer is \`application/problem+json\`: see [the API](../api.md#problems).

## Errors of the request

They store no outcome: the same key may be sent again, corrected or as it was.

${Object.entries(requestErrors)
  .map(([code, kind]) => entry(code, kind))
  .join('\n')}
## Refusals

They are outcomes: stored under the key, and replayed. In each operation they are judged in the order in which its page in
the API reference lists them.

${refusals.map((code) => entry(code, refusalKind(code), answeredBy.get(code))).join('\n')}`
}

interface Kind {
  readonly status: number
  readonly title: string
  readonly action: string
}

function entry(code: string, { status, title, action }: Kind, answeredBy?: readonly string[]): string {
  const operations = answeredBy?.map((name) => `\`${name}\``).join(', ')
  return `### ${code}

Status ${status}. ${title}. **What to do:** ${action}.
${operations === undefined ? '' : `\nAnswered by ${operations}.\n`}`
}
