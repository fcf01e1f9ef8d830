/** A name of the engine as it is written outside: `stopLimit` is `stop_limit`. */
export function snake(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
