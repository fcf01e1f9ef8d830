/** What a business refusal looks like from outside; modules declare theirs with `defineRefusals`. */
export interface RefusalKind {
  /** HTTP status by RFC 9110: 404 missing, 409 conflict with the present state, 422 understood but refused. */
  readonly status: number
  /** One short sentence: what the code means (RFC 9457 `title`). */
  readonly title: string
  /** What the caller can do about it. */
  readonly action: string
}

const kinds = new Map<string, RefusalKind>()

/** Declares refusal codes. Codes are global and stable: part of the public API, never renamed. */
export function defineRefusals<Code extends string>(
  table: Readonly<Record<Code, RefusalKind>>,
): Readonly<Record<Code, RefusalKind>> {
  for (const [code, kind] of Object.entries<RefusalKind>(table)) {
    const known = kinds.get(code)
    if (known !== undefined && known !== kind) throw new Error(`The refusal code "${code}" is declared twice`)
    kinds.set(code, kind)
  }
  return table
}

/** The declaration of a refusal code; throws for a code nobody declared. */
export function refusalKind(code: string): RefusalKind {
  const kind = kinds.get(code)
  if (kind === undefined) throw new Error(`The refusal code "${code}" is not declared`)
  return kind
}

export type RefusalDetails = Readonly<Record<string, unknown>>

/**
 * A business no. It is an outcome, not a fault: what the command did is rolled back, the refusal is stored
 * under the idempotency key and replayed, and the caller is told the code, what was wrong and what to do.
 */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly code: string
  readonly details: RefusalDetails

  constructor(code: string, message: string, details: RefusalDetails = {}) {
    super(message)
    this.code = code
    this.details = details
  }

  get kind(): RefusalKind {
    return refusalKind(this.code)
  }
}

export interface InputIssue {
  /** JSON pointer into the input; `/` for the whole. */
  readonly path: string
  readonly message: string
}

/**
 * Errors that are answered before anything is claimed or stored, or that say nothing about the business:
 * the same call may be sent again and is then judged afresh.
 */
export class RequestError extends Error {
  override readonly name: string = 'RequestError'
  readonly code: RequestErrorCode
  readonly retryAfterS: number | undefined

  constructor(code: RequestErrorCode, message: string, retryAfterS?: number) {
    super(message)
    this.code = code
    this.retryAfterS = retryAfterS
  }
}

/** 400: the input is malformed. Names every place that is wrong. */
export class InvalidInput extends RequestError {
  override readonly name = 'InvalidInput'
  readonly issues: readonly InputIssue[]

  constructor(issues: readonly InputIssue[]) {
    super('invalid_input', summary(issues))
    this.issues = issues
  }
}

function summary(issues: readonly InputIssue[]): string {
  const [first] = issues
  if (first === undefined) return 'The input is invalid'
  return issues.length === 1
    ? `${first.path} ${first.message}`
    : `${issues.length} places of the input are wrong`
}

/** The codes of request errors, with the status and advice that go with each. */
export const requestErrors = {
  invalid_input: {
    status: 400,
    title: 'The input is invalid',
    action: 'Correct the named places and send it again',
  },
  idempotency_key_missing: {
    status: 400,
    title: 'The Idempotency-Key header is missing',
    action: 'Send a key of your own with every command; repeat the same key when you repeat the call',
  },
  idempotency_key_invalid: {
    status: 400,
    title: 'The Idempotency-Key header is invalid',
    action: 'Use 1 to 255 printable ASCII characters',
  },
  malformed_json: {
    status: 400,
    title: 'The body is not JSON that can be trusted',
    action: 'Send one JSON object in UTF-8, each member once, long numbers as strings',
  },
  malformed_request: {
    status: 400,
    title: 'The request is not well-formed HTTP',
    action: 'Correct the target, its percent-encoding or the headers and send it again',
  },
  header_invalid: {
    status: 400,
    title: 'A header is invalid',
    action: 'Correct the named header and send it again',
  },
  unauthenticated: {
    status: 401,
    title: 'The API key is missing, unknown, expired or revoked',
    action: 'Send a valid key: Authorization: Bearer florin_…',
  },
  forbidden: {
    status: 403,
    title: 'The caller lacks a permission',
    action: 'Ask an administrator for the named permission',
  },
  route_not_found: {
    status: 404,
    title: 'There is no such operation',
    action: 'See /docs for the operations',
  },
  method_not_allowed: {
    status: 405,
    title: 'The path exists, the method does not',
    action: 'Use a method named in Allow',
  },
  not_acceptable: {
    status: 406,
    title: 'The operation does not answer in any of the media types asked for',
    action: 'Send Accept: application/json, or a media type that the operation offers',
  },
  request_timeout: {
    status: 408,
    title: 'The request took too long to arrive',
    action: 'Send the same call with the same key again',
  },
  payload_too_large: { status: 413, title: 'The body is too large', action: 'Send it in smaller parts' },
  unsupported_media_type: {
    status: 415,
    title: 'The content type is not supported',
    action: 'Send application/json',
  },
  upgrade_required: {
    status: 426,
    title: 'The path speaks WebSocket',
    action: 'Connect with a WebSocket client, with the same Authorization header',
  },
  headers_too_large: {
    status: 431,
    title: 'The target or the headers are too large',
    action: 'Send fewer or shorter headers',
  },
  idempotency_key_reused: {
    status: 422,
    title: 'The idempotency key was used with another payload',
    action: 'Use a new key for a new request; repeat a key only with the very same payload',
  },
  internal: {
    status: 500,
    title: 'Florin failed',
    action: 'Send the same call with the same key again; report the id if it happens again',
  },
  overloaded: {
    status: 503,
    title: 'The queue is full; nothing was done',
    action: 'Wait for Retry-After seconds and send the same call with the same key again',
  },
  database_unavailable: {
    status: 503,
    title: 'The database does not answer',
    action: 'Wait for Retry-After seconds and send the same call with the same key again',
  },
  other_version: {
    status: 503,
    title: 'The data was made by another version than this server’s; nothing was done',
    action: 'Send the same call with the same key to a server of that version, or have the data taken over',
  },
  shutting_down: {
    status: 503,
    title: 'This server is stopping',
    action: 'Send the same call with the same key again, to another server or after the restart',
  },
} as const satisfies Record<string, RefusalKind>

export type RequestErrorCode = keyof typeof requestErrors
