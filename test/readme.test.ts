import { rightsSql } from '@florin/kernel'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRegistry } from '../apps/server/src/modules.ts'
import { type Clone, createClone } from './lib/clone.ts'
import { codesPage } from './lib/codes.ts'
import {
  allDocuments,
  documents,
  migrationsOf,
  readDocument,
  tryDocument,
  untriedBlocks,
  updating,
  writeDocument,
} from './lib/documents.ts'
import { deadLinks } from './lib/links.ts'
import { operationsPage } from './lib/operations.ts'

describe('the documentation, tried by a newcomer', () => {
  let clone: Clone
  beforeAll(async () => {
    clone = await createClone()
  })
  afterAll(async () => {
    await clone?.remove()
  })

  it.each(documents)('%s says what happens', async (path) => {
    const { skipped, differences } = await tryDocument(path, clone)
    for (const reason of skipped) console.warn(`left out: ${reason}`)
    expect(differences.map(tell).join('\n\n')).toBe('')
    if (updating) console.warn(`${path} is up to date: read the difference before you keep it`)
  })

  it.each(documents)('%s has no example that nothing runs', (path) => {
    expect(untriedBlocks(path).map((block) => `${path}:${block.start}: ${block.language}`)).toEqual([])
  })
})

function tell(difference: {
  where: string
  command: string
  expected: readonly string[]
  found: readonly string[]
}): string {
  const { where, command, expected, found } = difference
  const indented = (lines: readonly string[]): string => lines.map((line) => `    ${line}`).join('\n')
  return `${where}: $ ${command}\n  expected:\n${indented(expected)}\n  found:\n${indented(found)}`
}

describe('what is written beside the code', () => {
  it('every code is listed with what to do', () => {
    const page = codesPage()
    if (updating) writeDocument('docs/reference/refusals.md', page)
    expect(readDocument('docs/reference/refusals.md')).toBe(page)
  })

  it('every command, query and worker is listed', () => {
    const page = operationsPage()
    if (updating) writeDocument('docs/reference/operations.md', page)
    expect(readDocument('docs/reference/operations.md')).toBe(page)
  })

  it.each([
    ['kernel', 'kernel/README.md'],
    ['ledger', 'modules/ledger/README.md'],
    ['exchange', 'modules/exchange/README.md'],
  ])('the README of %s names its commands, queries, events and workers', (name, path) => {
    const module = createRegistry().modules.find((one) => one.name === name)
    const parts = [...(module?.commands ?? []), ...(module?.queries ?? []), ...(module?.workers ?? [])]
    const text = readDocument(path)
    expect(parts.length).toBeGreaterThan(0)
    expect(parts.map((part) => part.name).filter((part) => !text.includes(`\`${part}\``))).toEqual([])
  })

  it.each(['kernel', 'ledger', 'exchange'])('the README of %s names its tables', (name) => {
    const folder = name === 'kernel' ? name : `modules/${name}`
    const sql = migrationsOf(folder)
    const tables = [...sql.matchAll(/CREATE (?:TABLE|VIEW) \w+\.(\w+)/g)].map(([, table]) => table)
    const text = readDocument(`${folder}/README.md`)
    expect(tables.length).toBeGreaterThan(0)
    expect(tables.filter((table) => !text.includes(`\`${table}\``))).toEqual([])
  })

  it('every variable of the environment is in the table', () => {
    const text = readDocument('docs/operating.md')
    const variables = new Set(
      readDocument('apps/server/src/config.ts').match(/\b(?:FLORIN_[A-Z_]+[A-Z]|DATABASE_URL)\b/g),
    )
    variables.delete('FLORIN_TEST')
    expect([...variables].filter((variable) => !text.includes(`\`${variable}\``))).toEqual([])
  })

  it('the SQL for an administrator is what the start prints', () => {
    const sql = rightsSql('<login>').replace('current_database_name', '"<database>"')
    expect(readDocument('docs/operating.md')).toContain(sql)
  })

  it.each(allDocuments)('the links of %s lead somewhere', (path) => {
    expect(deadLinks(path)).toEqual([])
  })
})
