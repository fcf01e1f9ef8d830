import { isConnectionLoss } from '../database.ts'
import { InvalidInput, Refusal, RequestError, type RequestErrorCode, requestErrors } from '../errors.ts'

export const problemMediaType = 'application/problem+json; charset=utf-8'

/** RFC 9457 problem details, with the members that Florin adds. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly instance: string
  readonly code: string
  readonly action: string
  readonly request_id: string
  readonly details?: Readonly<Record<string, unknown>>
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[]
}

/** What Fastify and the body parser throw, by status, in our words. */
const byStatus: Readonly<Record<number, RequestErrorCode>> = {
  400: 'malformed_request',
  404: 'route_not_found',
  408: 'request_timeout',
  413: 'payload_too_large',
  414: 'headers_too_large',
  415: 'unsupported_media_type',
  431: 'headers_too_large',
}

/** Whatever was thrown, as something that may be told: faults become `internal` and say nothing of their cause. */
export function tellable(error: unknown): Refusal | RequestError {
  if (error instanceof Refusal || error instanceof RequestError) return error
  if (isConnectionLoss(error)) {
    return new RequestError('database_unavailable', requestErrors.database_unavailable.title, 2)
  }
  const code = byStatus[frameworkStatus(error)]
  if (code === undefined) return new RequestError('internal', 'Something went wrong inside Florin')
  return new RequestError(code, requestErrors[code].title)
}

/** Only Fastify's own errors carry a status that means something; anything else is a fault. */
function frameworkStatus(error: unknown): number {
  if (!(error instanceof Error) || !('code' in error) || !('statusCode' in error)) return 500
  const framework = typeof error.code === 'string' && error.code.startsWith('FST_')
  return framework && typeof error.statusCode === 'number' ? error.statusCode : 500
}

export function problemOf(error: Refusal | RequestError, requestId: string): Problem {
  const kind = error instanceof Refusal ? error.kind : requestErrors[error.code]
  return {
    type: `urn:florin:problem:${error.code}`,
    title: kind.title,
    status: kind.status,
    detail: error.message.replace(/^\/ /, 'The input '),
    instance: `urn:florin:request:${encodeURIComponent(requestId)}`,
    code: error.code,
    action: kind.action,
    request_id: requestId,
    ...(error instanceof Refusal && Object.keys(error.details).length > 0 ? { details: error.details } : {}),
    ...(error instanceof InvalidInput ? { errors: error.issues.map(tellIssue) } : {}),
  }
}

/** RFC 6901: the whole document is the empty pointer. */
function tellIssue(issue: { path: string; message: string }): { pointer: string; detail: string } {
  return { pointer: issue.path === '/' ? '' : issue.path, detail: issue.message }
}
