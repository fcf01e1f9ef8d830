import { existsSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { root } from './clone.ts'
import { readDocument } from './documents.ts'
import { blocksOf } from './markdown.ts'

/** Links of a page to files and headings of this repository that are not there. */
export function deadLinks(path: string): string[] {
  const text = withoutBlocks(readDocument(path))
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)$/gm)].map(
    ([, inline, defined]) => inline ?? defined ?? '',
  )
  return targets.filter((target) => !/^[a-z]+:/.test(target) && !leadsSomewhere(path, target))
}

function leadsSomewhere(from: string, target: string): boolean {
  const [file = '', heading] = target.split('#')
  const path = file === '' ? from : relative(root, join(root, dirname(from), file))
  if (!existsSync(join(root, path))) return false
  return heading === undefined || headingsOf(readDocument(path)).includes(heading)
}

/** As the usual renderers make them of headings. */
function headingsOf(text: string): string[] {
  return [...withoutBlocks(text).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

function withoutBlocks(text: string): string {
  const lines = text.split('\n')
  for (const { start, lines: inside } of blocksOf(text)) lines.fill('', start - 1, start + inside.length + 1)
  return lines.join('\n')
}
