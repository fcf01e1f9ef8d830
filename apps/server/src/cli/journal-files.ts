import { globSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, dirname, relative, resolve, sep } from 'node:path'
import { type JournalFile, type JournalFormat, readJournal } from '@florin/journal'
import { usage } from './failure.ts'

export interface JournalFiles {
  /** The main file's name; all names are relative to its folder, so that they are the same wherever we are called. */
  readonly main: string
  readonly files: readonly JournalFile[]
}

/**
 * The journal with everything it includes. The journal's own reader says what it includes, so nothing is overlooked
 * and nothing superfluous is sent; what can't be found is left to the import to report with its place.
 */
export function collectJournal(path: string, format: JournalFormat | undefined): JournalFiles {
  const folder = dirname(resolve(path))
  const main = { name: basename(path), content: readMain(path) }
  const files = new Map([[main.name, main.content]])
  const include = (name: string): JournalFile | undefined => {
    const content = files.get(name) ?? readIncluded(pathOf(folder, name))
    if (content === undefined) return undefined
    files.set(name, content)
    return { name, content }
  }
  const list = (pattern: string): string[] =>
    globSync(pathOf(folder, pattern))
      .map((found) => nameOf(folder, pattern, found))
      .sort()
  readJournal({ ...main, include, list }, format === undefined ? {} : { format })
  return { main: main.name, files: [...files].map(([name, content]) => ({ name, content })) }
}

function readMain(path: string): string {
  const content = readIncluded(path)
  if (content === undefined) throw usage(`The file ${path} can't be read.`)
  return content
}

function readIncluded(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function pathOf(folder: string, name: string): string {
  return name.startsWith('~/') ? resolve(homedir(), name.slice(2)) : resolve(folder, name)
}

/** A found path in the form of its pattern: absolute stays absolute. */
function nameOf(folder: string, pattern: string, found: string): string {
  const path = /^([/~]|[A-Za-z]:)/.test(pattern) ? found : relative(folder, found)
  return path.split(sep).join('/')
}
