import { isUtf8 } from 'node:buffer'
import type { Clock } from '../clock.ts'
import { RequestError } from '../errors.ts'
import { uuidv7 } from '../ids.ts'
import type { Random } from '../random.ts'

/** Characters of a `Florin-Reason`, at most. */
export const longestReason = 500

type HeaderValue = string | string[] | undefined

/** The caller's request id if it can be logged and echoed as it is, else a fresh one. */
export function requestIdOf(given: HeaderValue, clock: Clock, random: Random): string {
  return typeof given === 'string' && /^[A-Za-z0-9._:=@/+-]{1,128}$/.test(given)
    ? given
    : uuidv7(clock, random)
}

/** W3C traceparent if well-formed; a malformed one is ignored, as the standard demands. */
export function traceOf(given: HeaderValue): string | undefined {
  if (typeof given !== 'string') return undefined
  return /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(given) ? given : undefined
}

/** The reason in the caller's words: UTF-8 as it is, or percent-encoded where a client can send ASCII only. */
export function reasonOf(given: HeaderValue): string | undefined {
  if (given === undefined) return undefined
  if (typeof given !== 'string') throw invalidReason('is given more than once')
  const text = percentDecoded(utf8Of(given)).trim()
  if (text === '') return undefined
  if (text.length > longestReason) throw invalidReason(`is longer than ${longestReason} characters`)
  if (/\p{Cc}/u.test(text)) throw invalidReason('contains control characters')
  return text
}

/** Node hands headers out byte by byte (latin1). */
function utf8Of(value: string): string {
  const bytes = Buffer.from(value, 'latin1')
  if (!isUtf8(bytes)) throw invalidReason('is not UTF-8')
  return bytes.toString('utf8')
}

/** "50% off" is plain text; only where every `%` begins an octet is it an encoding. */
function percentDecoded(text: string): string {
  if (!text.includes('%') || /%(?![0-9A-Fa-f]{2})/.test(text)) return text
  try {
    return decodeURIComponent(text)
  } catch {
    throw invalidReason('is not percent-encoded UTF-8')
  }
}

function invalidReason(message: string): RequestError {
  return new RequestError('header_invalid', `The Florin-Reason header ${message}`)
}
