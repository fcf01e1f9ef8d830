import { expect, test } from 'vitest'
import { failureOf } from '../src/cli/problem.ts'
import { render } from '../src/cli/render.ts'
import { suggest } from '../src/cli/suggest.ts'

test('a list is a table with amounts to the right, and says how to go on', () => {
  const items = [
    { address: 'bank:main', balance: '1005.00', held: { amount: '5.00', asset: 'EUR' }, note: null },
    { address: 'café', balance: '-7.50', held: { amount: '120.00', asset: 'EUR' }, note: 'x' },
  ]
  expect(render({ items, next: 'abc' })).toBe(
    [
      'address    balance        held  note',
      'bank:main  1005.00    5.00 EUR',
      'café         -7.50  120.00 EUR  x',
      '',
      'More: --all, or --cursor abc',
      '',
    ].join('\n'),
  )
  expect(render({ items: [], next: null })).toBe('(none)\n')
})

test('an object is names and values, its lists of objects tables', () => {
  expect(render({ ledger: 'demo', metadata: { a_b: 'c' }, empty: [], rows: [{ n: '1' }] })).toBe(
    ['ledger        demo', 'metadata.a b  c', 'empty         (none)', '', 'rows', 'n', '1', ''].join('\n'),
  )
})

test('text from elsewhere can’t play with the terminal', () => {
  expect(render({ name: '\u001b[31mred\u0007\nnext' })).toBe('name  �[31mred� ⏎ next\n')
})

test('a refusal says what to do here, not over HTTP', () => {
  const told = (code: string, action: string) =>
    failureOf({
      status: 422,
      text: JSON.stringify({ code, detail: 'No', action }),
      replayed: false,
      mediaType: '',
    }).message
  expect(told('reason_required', 'Say why in the Florin-Reason header')).toBe(
    'reason_required: No\nWhat to do: Say why with --reason.',
  )
  expect(told('market_not_found', 'List the markets')).toBe(
    'market_not_found: No\nWhat to do: List the markets.',
  )
})

test('near names are suggested, far ones are not', () => {
  const known = ['serve', 'kernel key create', 'kernel key list']
  expect(suggest('kernel key lst', known)[0]).toBe('kernel key list')
  expect(suggest('qwertyuiop', ['serve', 'verify'])).toEqual([])
})
