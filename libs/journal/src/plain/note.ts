import type { Dialect, Note } from './syntax.ts'

export function emptyNote(): Note {
  return { tags: new Set(), metadata: {} }
}

function put(note: Note, key: string, value: string): void {
  const known = Object.hasOwn(note.metadata, key) ? note.metadata[key] : undefined
  const merged = known === undefined || known === value ? value : `${known}, ${value}`
  Object.defineProperty(note.metadata, key, {
    value: merged,
    enumerable: true,
    writable: true,
    configurable: true,
  })
}

const LEDGER_TAGS = /(?:^|\s):((?:[^\s:]+:)+)(?=\s|$)/
const LEDGER_PAIR = /^([^\s:]+)::?(?:\s+(.*))?$/
const TAG = /([^\s:,]+):([^,]*)(?:,|$)/g

/** Adds one comment line: its tags as metadata (or tags where they have no value), the rest as `comment`. */
export function addComment(note: Note, text: string, dialect: Dialect): void {
  const comment = text.trim()
  if (comment === '') return
  if (dialect === 'ledger') {
    const tags = LEDGER_TAGS.exec(comment)?.[1]
    const pair = LEDGER_PAIR.exec(comment)
    if (tags !== undefined) for (const tag of tags.split(':')) if (tag !== '') note.tags.add(tag)
    if (tags === undefined && pair?.[1] !== undefined) {
      put(note, pair[1], (pair[2] ?? '').trim())
      return
    }
    if (tags !== undefined && comment.replace(LEDGER_TAGS, '').trim() === '') return
    put(note, 'comment', comment)
    return
  }
  let covered = 0
  for (const [whole, name = '', value = ''] of comment.matchAll(TAG)) {
    if (value.trim() === '') note.tags.add(name)
    else put(note, name, value.trim())
    covered += whole.length
  }
  // Words beside the tags would be lost if the comment itself were not kept.
  if (covered < comment.replace(/,\s+/g, ',').length) put(note, 'comment', comment)
}
