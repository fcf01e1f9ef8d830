import { expect, test } from 'vitest'
import { renderImport } from '../src/cli/import-report.ts'

const remark = (line: number, what: string) => ({ file: 'a.beancount', line, what, why: 'not in the books' })

function rendered(remarks: readonly object[]): string {
  return renderImport({
    status: 200,
    mediaType: 'application/json',
    text: JSON.stringify({ booked: 1, not_represented: remarks }),
    replayed: false,
  })
}

test('few remarks are told one by one, each with its place', () => {
  expect(rendered([remark(3, 'note'), remark(9, 'event')])).toContain(
    'not represented (2):\n  a.beancount:3: note: not in the books\n  a.beancount:9: event: not in the books\n',
  )
})

test('many that say the same are told once, with all their lines', () => {
  const lines = [7, 5, 6, 12, 20]
  expect(rendered(lines.map((line) => remark(line, 'price')))).toContain(
    'not represented (5):\n  a.beancount:7: price: not in the books; 5 times, on lines 5-7, 12, 20\n',
  )
})
