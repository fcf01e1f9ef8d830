import { execFileSync } from 'node:child_process'
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Clone } from './clone.ts'
import { root } from './clone.ts'
import { fits, needs, normalised, type Step, stepsOf } from './console.ts'
import { type Block, blocksOf } from './markdown.ts'

/** `UPDATE_DOCS=1` writes what is printed now into the documents instead of failing. Read the difference. */
export const updating = process.env.UPDATE_DOCS === '1'

/** What users read, in the order in which it is tried. */
export const documents: readonly string[] = [
  'README.md',
  ...globSync('docs/**/*.md', { cwd: root })
    .filter((path) => !path.startsWith('docs/decisions/'))
    .sort(),
]

/** All pages, also those without examples. */
export const allDocuments: readonly string[] = [
  ...globSync(['*.md', 'docs/**/*.md', '{kernel,libs/*,modules/*,apps/*}/README.md'], { cwd: root }).sort(),
]

/** The SQL of a module's migrations. */
export function migrationsOf(folder: string): string {
  return globSync(`${folder}/migrations/*.sql`, { cwd: root }).map(readDocument).join('\n')
}

export function writeDocument(path: string, content: string): void {
  writeFileSync(join(root, path), content)
}

export function readDocument(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

export interface Difference {
  readonly where: string
  readonly command: string
  readonly expected: readonly string[]
  readonly found: readonly string[]
}

export interface Tried {
  readonly steps: number
  readonly skipped: readonly string[]
  readonly differences: readonly Difference[]
}

/** Runs every command of a document's `console` blocks and compares what it prints with what the document says. */
export async function tryDocument(path: string, clone: Clone): Promise<Tried> {
  const lines = readDocument(path).split('\n')
  const steps = blocksOf(lines.join('\n'))
    .filter((block) => block.language === 'console')
    .flatMap(stepsOf)
  const skipped: string[] = []
  const differences: Difference[] = []
  const updates: { step: Step; output: readonly string[] }[] = []
  for (const step of steps) {
    const missing = needs(step.command).filter((tool) => !isInstalled(tool))
    if (missing.length > 0) {
      skipped.push(`${path}:${step.start}: ${missing.join(', ')} is not installed`)
      continue
    }
    const output = step.command === 'npm start' ? clone.startOutput : await clone.run(step.command)
    const found = normalised(output)
    if (fits(normalised(step.expected.join('\n')), found)) continue
    if (updating) updates.push({ step, output: linesOf(output) })
    else
      differences.push({
        where: `${path}:${step.start}`,
        command: step.command,
        expected: step.expected,
        found,
      })
  }
  if (updates.length > 0) write(path, lines, updates)
  return { steps: steps.length, skipped, differences }
}

/** From the last to the first, so that line numbers stay right. */
function write(
  path: string,
  lines: readonly string[],
  updates: readonly { step: Step; output: readonly string[] }[],
): void {
  const written = [...lines]
  for (const { step, output } of updates.toReversed()) {
    written.splice(step.start, step.expected.length, ...output)
  }
  writeDocument(path, written.join('\n'))
}

function linesOf(output: string): string[] {
  const lines = output
    .replaceAll('\r', '')
    .split('\n')
    .map((line) => line.trimEnd())
  while (lines.at(-1) === '') lines.pop()
  return lines
}

const installed = new Map<string, boolean>()

function isInstalled(tool: string): boolean {
  const known = installed.get(tool)
  if (known !== undefined) return known
  const there = canRun(tool)
  installed.set(tool, there)
  return there
}

function canRun(tool: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${tool}`], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Blocks that nothing runs, so that nobody notices when they go wrong. */
export function untriedBlocks(path: string): Block[] {
  return blocksOf(readDocument(path)).filter((block) => !isTried(block, path))
}

function isTried({ language, lines }: Block, path: string): boolean {
  // pictures say nothing that could be run
  if (language === 'console' || language === 'mermaid' || language === 'text') return true
  if (language === 'json') return isJson(lines.join('\n'))
  // what gets the repository, and what a reader may do with its tests
  if (language === 'sh')
    return lines.every((line) =>
      /^(git clone|cd|npm|node scripts|node_modules|UPDATE_DOCS|\.ci\/run)\b/.test(line),
    )
  // taken out and run by contributing.test.ts
  if (path === 'docs/contributing.md') return language === 'ts' || language === 'sql'
  return false
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
