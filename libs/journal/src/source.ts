import type { JournalFile, JournalSource, SourceRef } from './model.ts'
import type { Report } from './report.ts'

/** Text as the readers want it: no byte order mark, `\n` line ends. */
export function cleanText(file: JournalFile, report: Report): string {
  let text = file.content
  if (text.charCodeAt(0) === 0xfeff) text = text.slice(1)
  if (text.includes('\r')) text = text.replaceAll('\r\n', '\n').replaceAll('\r', '\n')
  if (text.includes('\0')) {
    const at = text.indexOf('\0')
    const line = text.slice(0, at).split('\n').length
    report.error({ file: file.name, line }, 'nul_byte', 'the file contains a NUL byte: not a text file')
  }
  if (text.includes('\ufffd')) {
    const line = text.slice(0, text.indexOf('\ufffd')).split('\n').length
    report.notice({ file: file.name, line }, 'encoding', 'a replacement character: is the file UTF-8?')
  }
  return text
}

const ABSOLUTE = /^(?:\/|[A-Za-z]:[\\/]|~\/)/

/** `path` as seen from `fromFile`: both are plain paths with `/`; `.` and `..` are resolved. */
export function resolvePath(path: string, fromFile: string): string {
  const folder = fromFile.slice(0, fromFile.lastIndexOf('/') + 1)
  const joined = ABSOLUTE.test(path) ? path : folder + path
  const parts: string[] = []
  for (const part of joined.split('/')) {
    if (part === '.' || (part === '' && parts.length > 0)) continue
    const last = parts[parts.length - 1]
    if (part === '..' && last !== undefined && last !== '..' && last !== '') parts.pop()
    else parts.push(part)
  }
  return parts.join('/')
}

const GLOB = /[*?[]/

/** Finds included files; complains with the including line where there is none. */
export function findIncludes(
  source: JournalSource,
  path: string,
  at: SourceRef,
  report: Report,
): readonly JournalFile[] {
  const resolved = resolvePath(path, at.file)
  let paths: readonly string[] = [resolved]
  if (GLOB.test(path)) {
    if (source.list === undefined) {
      report.error(at, 'include_glob', `cannot expand the pattern "${path}": no file listing was given`)
      return []
    }
    paths = source.list(resolved, at.file).filter((found) => found !== at.file)
    if (paths.length === 0) report.error(at, 'include_not_found', `no file matches "${path}"`)
  }
  const files: JournalFile[] = []
  for (const each of paths) {
    const file = source.include?.(each, at.file)
    if (file === undefined) report.error(at, 'include_not_found', `included file not found: ${each}`)
    else files.push({ name: each, content: file.content })
  }
  return files
}
