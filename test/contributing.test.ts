import { spawnSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { root } from './lib/clone.ts'
import { extractFiles } from './lib/extracted.ts'

const { folder, files } = extractFiles('docs/contributing.md')

afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('the guide shows a whole module', () => {
  expect(files).toEqual([
    'modules/rates/migrations/0001_rates.sql',
    'modules/rates/src/refusals.ts',
    'modules/rates/src/commands/publish-rate.ts',
    'modules/rates/src/queries/get-rate.ts',
    'modules/rates/src/index.ts',
    'modules/rates/package.json',
    'modules/rates/test/commands.test.ts',
    'modules/rates/test/rates.test.ts',
  ])
})

it('the module of the guide passes the strict type check', () => {
  const config = { extends: join(root, 'tsconfig.json'), include: ['modules'] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  const compiler = join(root, 'node_modules/.bin/tsc')
  const { stdout } = spawnSync(process.execPath, [compiler, '-p', folder], {
    encoding: 'utf8',
    timeout: 120_000,
  })
  // of what the guide imports, the type check of everything tells
  expect(stdout.split('\n').filter((line) => line.includes(basename(folder)))).toEqual([])
})

describe('the tests of the guide', async () => {
  for (const file of files.filter((name) => name.endsWith('.test.ts'))) await import(join(folder, file))
})
