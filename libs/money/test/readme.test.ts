import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { expect, it } from 'vitest'
import * as money from '../src/index.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const block = /```ts\nimport \{[^}]*\} from '@florin\/money'\n([^`]*)```/.exec(readme)?.[1] ?? ''

/** Each line as a statement that notes what its comment promises and what it really comes to. */
function noted(line: string): string {
  const [, expression, promise] = /^(.*\S) \/\/ (.*)$/.exec(line) ?? []
  if (expression === undefined || promise === undefined) return line
  return `note(${JSON.stringify(promise)}, () => ${expression})`
}

it('does what the README says, line by line', () => {
  const lines: { promise: string; result: string }[] = []
  const note = (promise: string, run: () => unknown): void => {
    lines.push({ promise, result: outcomeOf(run) })
  }
  const code = stripTypeScriptTypes(block).split('\n').map(noted).join('\n')
  const names = Object.keys(money)
  new Function('note', ...names, code)(note, ...Object.values(money))
  expect(lines.length).toBe(block.split('\n').filter((line) => line.includes(' // ')).length)
  expect(lines.length).toBeGreaterThan(8)
  for (const { promise, result } of lines) expect(promise).toContain(result)
})

function outcomeOf(run: () => unknown): string {
  try {
    // Locales separate with a no-break space, which a README can't show.
    return String(run()).replaceAll('\u00a0', ' ')
  } catch (error) {
    return error instanceof money.MoneyError ? `throws ${error.code}` : String(error)
  }
}
