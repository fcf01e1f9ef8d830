import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { root } from './clone.ts'
import { readDocument } from './documents.ts'
import { blocksOf } from './markdown.ts'

/** A folder with the files that a document shows. */
export interface Extracted {
  readonly folder: string
  readonly files: readonly string[]
}

/** Writes each block that names a file, in its first comment or beside its language, into that file, in a folder that finds our packages. */
export function extractFiles(path: string): Extracted {
  const folder = mkdtempSync(join(tmpdir(), 'florin-guide-'))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  const files = blocksOf(readDocument(path)).flatMap(({ title, lines }) => {
    const name = /^(?:\/\/|--) (\S+\.(?:ts|sql))$/.exec(lines[0] ?? '')?.[1] ?? title
    if (name === '') return []
    const file = join(folder, name)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, `${lines.join('\n')}\n`)
    return [name]
  })
  return { folder, files }
}
