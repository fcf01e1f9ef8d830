import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'

const root = join(import.meta.dirname, '..')
const parts = ['libs', 'kernel', 'modules', 'apps', 'simulation', 'bench', 'scripts', 'test']

type Finding = { rule: string; from: string }

/** Every import under `folder` that a rule forbids. */
async function findings(folder: string): Promise<Finding[]> {
  const cli = join(root, 'node_modules/.bin/depcruise')
  const rules = join(root, '.dependency-cruiser.mjs')
  const there = parts.filter((part) => existsSync(join(folder, part)))
  const args = [cli, '--config', rules, '--output-type', 'json', ...there]
  const output = await new Promise<string>((resolve, reject) => {
    execFile(process.execPath, args, { cwd: folder, maxBuffer: 2 ** 28 }, (error, stdout, stderr) => {
      if (error) reject(new Error(stderr, { cause: error }))
      else resolve(stdout)
    })
  })
  const { summary }: { summary: Summary } = JSON.parse(output)
  // without a parser for TypeScript it would find no imports, and so nothing wrong
  expect(summary.totalDependenciesCruised).toBeGreaterThan(0)
  return summary.violations.map(({ rule, from }) => ({ rule: rule.name, from }))
}

type Summary = { totalDependenciesCruised: number; violations: { rule: { name: string }; from: string }[] }

test('nothing here imports what it must not', async () => {
  expect(await findings(root)).toEqual([])
})

/** Each file breaks the rules beside it and no other. A circle is reported once, at its first file. */
const sample: [path: string, text: string, ...rules: string[]][] = [
  ['package.json', '{"dependencies":{}}'],
  ['libs/pure/src/index.ts', "import '../../other/src/index.ts'\nexport const n = 1"],
  ['libs/pure/src/inside.ts', 'export const inside = 1'],
  ['libs/other/src/index.ts', 'export type Other = 1'],
  [
    'libs/other/src/up.ts',
    "import type { K } from '../../../kernel/src/index.ts'\nexport type U = K",
    'libs-import-libs',
  ],
  ['libs/other/src/deep.ts', "import '../../pure/src/inside.ts'", 'packages-by-their-face'],
  ['libs/other/src/gone.ts', "import './nowhere.ts'", 'resolvable'],
  ['libs/other/src/undeclared.ts', "import 'pg'", 'declared'],
  ['libs/other/src/ring-a.ts', "import { b } from './ring-b.ts'\nexport const a = b", 'no-cycles'],
  ['libs/other/src/ring-b.ts', "import { a } from './ring-a.ts'\nexport const b = a"],
  ['libs/other/src/type-a.ts', "import type { B } from './type-b.ts'\nexport type A = B[]"],
  ['libs/other/src/type-b.ts', "import type { A } from './type-a.ts'\nexport type B = A[]"],
  [
    'libs/left/src/index.ts',
    "import type { R } from '../../right/src/index.ts'\nexport type L = R[]",
    'no-cycles-between-parts',
  ],
  ['libs/right/src/index.ts', "import type { L } from '../../left/src/index.ts'\nexport type R = L[]"],
  ['kernel/src/index.ts', "import '../../libs/pure/src/index.ts'\nexport type K = 1"],
  ['kernel/src/up.ts', "import '../../modules/one/src/index.ts'", 'kernel-imports-libs'],
  ['kernel/src/tested.ts', "import '../test/support.ts'", 'tests-stay-tests'],
  ['kernel/test/support.ts', "import '../../simulation/world.ts'"],
  ['kernel/src/dreaming.ts', "import '../../simulation/world.ts'", 'simulation-for-tests'],
  ['modules/one/src/index.ts', "import '../../../kernel/src/index.ts'"],
  ['modules/one/src/store.ts', "import 'node:fs'"],
  ['modules/two/src/index.ts', "import '../../one/src/index.ts'"],
  ['modules/two/src/deep.ts', "import '../../one/src/store.ts'", 'other-modules-by-their-face'],
  [
    'modules/two/src/up.ts',
    "import '../../../apps/server/src/main.ts'",
    'modules-below-apps',
    'nothing-imports-apps',
  ],
  ['modules/two/src/domain/rule.ts', "import '../../../../libs/pure/src/index.ts'"],
  [
    'modules/two/src/domain/disk.ts',
    "import { readFile } from 'node:fs/promises'\nexport { readFile }",
    'domain-is-pure',
  ],
  [
    'modules/two/src/domain/net.ts',
    "import type { Server } from 'http'\nexport type S = Server",
    'domain-is-pure',
  ],
  ['modules/two/src/domain/base.ts', "export const load = () => import('pg')", 'declared', 'domain-is-pure'],
  ['modules/two/src/domain/out.ts', "import '../store.ts'", 'domain-stays-inside'],
  ['modules/two/src/store.ts', ''],
  ['modules/two/src/dreaming.ts', "import '../../../simulation/world.ts'", 'simulation-for-tests'],
  ['apps/server/src/main.ts', "import '../../../modules/one/src/index.ts'"],
  ['bench/main.ts', "import '../simulation/world.ts'"],
  ['bench/up.ts', "import '../apps/server/src/main.ts'", 'nothing-imports-apps'],
  ['simulation/world.ts', "import '../kernel/src/index.ts'"],
]

test('every rule finds what breaks it, and nothing else', async () => {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'florin-import-rules-')))
  onTestFinished(() => rm(folder, { recursive: true }))
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
  for (const [path, text] of sample) {
    await mkdir(join(folder, dirname(path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  const byFile = Map.groupBy(await findings(folder), ({ from }) => from)
  const found = sample.map(([path]) => [path, ...(byFile.get(path) ?? []).map(({ rule }) => rule).toSorted()])
  expect(found).toEqual(sample.map(([path, , ...rules]) => [path, ...rules.toSorted()]))
})
