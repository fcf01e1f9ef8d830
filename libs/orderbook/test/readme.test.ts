import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { expect, it } from 'vitest'
import * as orderbook from '../src/index.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const blocks = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, block]) => block ?? '')
const imports = /^import \{([^}]*)\} from '@florin\/orderbook'\n/gm
const code = blocks.join('\n')

/** Each line as a statement that notes what its comment promises and what it really comes to. */
function noted(line: string): string {
  const [, expression, promise] = /^(.*\S) \/\/ (.*)$/.exec(line) ?? []
  if (expression === undefined || promise === undefined) return line
  return `note(${JSON.stringify(promise)}, () => ${expression})`
}

it('does what the README says, line by line', () => {
  const promises: string[] = []
  const results: string[] = []
  const note = (promise: string, run: () => unknown): void => {
    promises.push(promise)
    results.push(String(run()))
  }
  const script = stripTypeScriptTypes(code.replaceAll(imports, '')).split('\n').map(noted).join('\n')
  new Function('note', ...Object.keys(orderbook), script)(note, ...Object.values(orderbook))
  expect(results).toEqual(promises)
  expect(promises.length).toBe(code.split('\n').filter((line) => line.includes(' // ')).length)
  expect(promises.length).toBeGreaterThan(30)
})

it('imports what there is', () => {
  const named = [...code.matchAll(imports)].flatMap(
    ([, names]) => names?.split(',').map((name) => name.trim()) ?? [],
  )
  expect(named.length).toBeGreaterThan(10)
  expect(named.filter((name) => !Object.hasOwn(orderbook, name))).toEqual([])
})

it('tells the checksum that the code makes', () => {
  const [, text, sum] = /`([^`]*\|[^`]*:[^`]*)` gives (\d+)/.exec(readme) ?? []
  const [bids, asks] = (text ?? '').split('|').map((levels) =>
    levels.split(',').map((level) => {
      const [price = 0, quantity = 0, orders = 0] = level.split(':').map(Number)
      return [price, quantity, orders] as const
    }),
  )
  expect(orderbook.levelChecksum(bids ?? [], asks ?? [])).toBe(Number(sum))
})
