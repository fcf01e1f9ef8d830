/**
 * A text for XML 1.0 and HTML, in content and in quoted attributes: what would be markup is escaped, characters that
 * documents may not contain are replaced by U+FFFD, and line ends are kept from being normalised away.
 */
export function escapeMarkup(text: string): string {
  return wellFormed(text).replaceAll(/[&<>"'\r]/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** The first `length` characters (code points, as schemas count them), of which none is illegal in XML. */
export function cut(text: string, length: number): string {
  const characters = [...wellFormed(text)]
  return characters.length <= length ? characters.join('') : characters.slice(0, length).join('')
}

/** A text in pieces of at most `length` characters. */
export function pieces(text: string, length: number): string[] {
  const characters = [...wellFormed(text)]
  return Array.from({ length: Math.ceil(characters.length / length) }, (_, i) =>
    characters.slice(i * length, (i + 1) * length).join(''),
  )
}

/** An XML element; without content where that is undefined or empty, it is left out. Content is markup already. */
export function element(name: string, content: string | undefined): string {
  return content === undefined || content === '' ? '' : `<${name}>${content}</${name}>`
}

function wellFormed(text: string): string {
  return (
    text
      .toWellFormed()
      // biome-ignore lint/suspicious/noControlCharactersInRegex: those that XML 1.0 does not allow
      .replaceAll(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g, '\uFFFD')
  )
}
