/** Ways to stress a text; in plain pictures none. */
export interface Paint {
  readonly bold: (text: string) => string
  readonly dim: (text: string) => string
  readonly red: (text: string) => string
  readonly green: (text: string) => string
  readonly yellow: (text: string) => string
}

const sgr =
  (code: number) =>
  (text: string): string =>
    text === '' ? '' : `\x1b[${code}m${text}\x1b[0m`
const as = (text: string): string => text

export const colours: Paint = { bold: sgr(1), dim: sgr(2), red: sgr(31), green: sgr(32), yellow: sgr(33) }
export const noColours: Paint = { bold: as, dim: as, red: as, green: as, yellow: as }

/** Fills up to a width, what stresses the text not counted. */
export function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - lengthOf(text)))
}

/** Exactly so wide; what is longer loses its end. Only for texts that nothing stresses yet. */
export function fit(text: string, width: number): string {
  return pad(text.slice(0, width), width)
}

export function padLeft(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - lengthOf(text))) + text
}

export function lengthOf(text: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escapes are what is left out
  return text.replaceAll(/\x1b\[\d+m/g, '').length
}
