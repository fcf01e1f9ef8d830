import type { Json } from './json.ts'

export interface ApiRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  /** Is told the answer piece by piece, as it comes. */
  readonly onPiece?: (piece: string) => void
}

export interface ApiAnswer {
  readonly status: number
  readonly replayed: boolean
  /** The body as it came, for `--output json` and for journals. */
  readonly text: string
  readonly mediaType: string
}

/** A way to the API: over the network, or within this process. */
export interface Connection {
  /** The API's own description (OpenAPI). */
  describe(): Promise<Json>
  send(request: ApiRequest): Promise<ApiAnswer>
  close(): Promise<void>
}
