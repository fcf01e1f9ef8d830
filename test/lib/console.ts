import type { Block } from './markdown.ts'

/** A command of a `console` block, and what it is said to print. */
export interface Step {
  /** For the shell; a command that ends with a backslash goes on in the next line. */
  readonly command: string
  readonly expected: readonly string[]
  /** Line of the file on which the expected output begins, counted from 0. */
  readonly start: number
}

/** The steps of a `console` block: each `$ command` with the output below it. */
export function stepsOf(block: Block): Step[] {
  const steps: { command: string; expected: string[]; start: number }[] = []
  let open = false
  for (const [i, line] of block.lines.entries()) {
    const step = steps.at(-1)
    if (open && step !== undefined) {
      step.command += `\n${line}`
      step.start = block.start + i + 1
    } else if (line.startsWith('$ ')) {
      steps.push({ command: line.slice(2), expected: [], start: block.start + i + 1 })
    } else if (step === undefined) {
      throw new Error(`Line ${block.start + i + 1} is output without a command`)
    } else {
      step.expected.push(line)
      continue
    }
    open = line.endsWith('\\')
  }
  return steps
}

/**
 * Whether the output is what was expected. In the expected text `…` stands for anything within a line, and a line that
 * is only `…` for any number of lines.
 */
export function fits(expected: readonly string[], actual: readonly string[]): boolean {
  const patterns = expected.map((line) =>
    line.trim() === '…' ? '(?:[^\\n]*\\n)*' : `${line.split('…').map(escaped).join('[^\\n]*')}\\n`,
  )
  return new RegExp(`^${patterns.join('')}$`).test(actual.map((line) => `${line}\n`).join(''))
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
}

/** Programs of other people; a step that needs one that is not here is left out, and that is said. */
export const peers = ['hledger', 'ledger', 'bean-check', 'curl']

/** The programs among `peers` that a command calls. */
export function needs(command: string): string[] {
  const words = new Set(command.split(/[\s;|&()]+/).filter((_word, i, all) => isCalled(all, i)))
  return peers.filter((peer) => words.has(peer))
}

/** `npx florin ledger …` calls no program of the name `ledger`. */
function isCalled(words: readonly string[], i: number): boolean {
  return words[i - 1] !== 'florin' && !(words[i - 1] ?? '').startsWith('--')
}

/** Output as it is compared: without what differs from run to run. */
export function normalised(text: string): string[] {
  const plain = text
    // ids of calls are derived and stay; ids of requests and invented keys are random
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g, '<uuid>')
    // midnights are written by people
    .replaceAll(/\d{4}-\d\d-\d\dT(?!00:00:00\.000Z)\d\d:\d\d:\d\d\.\d{3}Z/g, '<time>')
    .replaceAll('\r', '')
  const lines = plain.split('\n').map((line) => line.trimEnd())
  while (lines.at(-1) === '') lines.pop()
  return lines
}
