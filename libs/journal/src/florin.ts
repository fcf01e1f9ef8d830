import type { Metadata } from './model.ts'

/**
 * Metadata by which an export of Florin's carries what the foreign syntax cannot say, so that reading it back
 * gives the same books. Values of `…-json` style keys are JSON strings with everything odd as \uXXXX.
 */
export const KEYS = {
  address: 'florin-address',
  asset: 'florin-asset',
  exponent: 'florin-exponent',
  opened: 'florin-opened',
  closed: 'florin-closed',
  description: 'florin-description',
  reference: 'florin-reference',
  tags: 'florin-tags',
  meta: 'florin-meta',
  assertions: 'florin-assertions',
} as const

/** A JSON string in which only letters, digits and a few harmless marks stand for themselves. */
export function encode(text: string): string {
  const body = text.replace(/[^\p{L}\p{N} _./{}-]|[\ud800-\udfff]/gu, (c) =>
    // Astral characters become their two surrogates.
    [...Array(c.length).keys()].map((i) => `\\u${c.charCodeAt(i).toString(16).padStart(4, '0')}`).join(''),
  )
  return `"${body}"`
}

/** What `encode` was given; text that is no JSON string stands for itself. */
export function decode(text: string): string {
  const value = parseJson(text)
  return typeof value === 'string' ? value : text
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function decodeMeta(text: string | undefined): Record<string, string> {
  const value = text === undefined ? undefined : parseJson(decode(text))
  const out: Record<string, string> = {}
  if (typeof value !== 'object' || value === null) return out
  for (const [key, each] of Object.entries(value))
    if (typeof each === 'string')
      Object.defineProperty(out, key, { value: each, enumerable: true, writable: true, configurable: true })
  return out
}

function decodeTags(text: string | undefined): string[] {
  const value = text === undefined ? undefined : parseJson(decode(text))
  return Array.isArray(value) ? value.filter((tag) => typeof tag === 'string') : []
}

function without(metadata: Metadata, ...keys: string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata).filter(([key]) => !keys.includes(key)))
}

/** A posting's metadata; tags without a value are kept as empty values. */
export function decodeLine(metadata: Metadata, tags: Iterable<string> = []): Record<string, string> {
  const odd = metadata[KEYS.meta]
  const out = odd === undefined ? { ...metadata } : { ...without(metadata, KEYS.meta), ...decodeMeta(odd) }
  for (const tag of tags) if (!Object.hasOwn(out, tag)) out[tag] = ''
  return out
}

export function decodeAccount(metadata: Metadata, tags: Iterable<string> = []): Record<string, string> {
  const address = metadata[KEYS.address]
  return {
    ...decodeLine(metadata, tags),
    ...(address === undefined ? {} : { [KEYS.address]: decode(address) }),
  }
}

export function decodeCommodity(metadata: Metadata): Record<string, string> {
  const asset = metadata[KEYS.asset]
  return { ...decodeLine(metadata), ...(asset === undefined ? {} : { [KEYS.asset]: decode(asset) }) }
}

export interface TransactionText {
  readonly code?: string | undefined
  readonly narration: string
  readonly tags: readonly string[]
  readonly metadata: Metadata
}

/** Reference, description, tags and metadata as they were before an export put them into metadata. */
export function decodeTransaction(text: TransactionText): {
  code?: string
  narration: string
  tags: string[]
  metadata: Record<string, string>
} {
  const { metadata } = text
  const reference = metadata[KEYS.reference]
  const description = metadata[KEYS.description]
  const code = reference === undefined ? text.code : decode(reference)
  const rest = without(metadata, KEYS.reference, KEYS.description, KEYS.tags, KEYS.meta)
  return {
    ...(code === undefined ? {} : { code }),
    narration: description === undefined ? text.narration : decode(description),
    tags: [...new Set([...text.tags, ...decodeTags(metadata[KEYS.tags])])].sort(),
    metadata: { ...rest, ...decodeMeta(metadata[KEYS.meta]) },
  }
}
