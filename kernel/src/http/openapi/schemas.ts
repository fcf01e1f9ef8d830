export type Json = Record<string, unknown>

const annotations = ['description', 'default', 'examples', 'deprecated']

/**
 * The schemas of a document. One with a `title` is written once, under that name, and referred to everywhere else;
 * it may be described differently in each place, but must otherwise be the same everywhere.
 */
export class Schemas {
  readonly components: Record<string, Json> = {}
  readonly #texts = new Map<string, string>()

  /** The schema as it stands in the document. */
  add(schema: object): Json {
    const plain: unknown = JSON.parse(JSON.stringify(schema))
    return isJson(plain) ? this.#place(plain) : {}
  }

  #place(schema: Json): Json {
    const { title } = schema
    const inner = Object.fromEntries(
      Object.entries(schema).map(([name, value]) => [keywordOf(name, value), this.#descend(name, value)]),
    )
    return typeof title === 'string' ? this.#refer(title, inner) : inner
  }

  /** Below these keywords are schemas; everything else, such as an example, is left as it is. */
  #descend(keyword: string, value: unknown): unknown {
    switch (keyword) {
      case 'properties':
      case 'patternProperties':
        return isJson(value)
          ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, this.#one(one)]))
          : value
      case 'items':
      case 'additionalProperties':
      case 'not':
        return this.#one(value)
      case 'anyOf':
      case 'allOf':
      case 'oneOf':
      case 'prefixItems':
        return Array.isArray(value) ? value.map((one) => this.#one(one)) : value
      default:
        return value
    }
  }

  #one(value: unknown): unknown {
    return isJson(value) ? this.#place(value) : value
  }

  #refer(title: string, schema: Json): Json {
    if (!/^[A-Za-z][A-Za-z0-9]*$/.test(title)) throw new Error(`"${title}" can't be the name of a schema`)
    const { title: _title, ...content } = schema
    const known = this.components[title]
    const text = JSON.stringify(withoutAnnotations(content))
    if (known === undefined) {
      this.components[title] = content
      this.#texts.set(title, text)
    } else if (this.#texts.get(title) !== text) {
      throw new Error(`Two different schemas have the title "${title}"`)
    }
    const ref = { $ref: `#/components/schemas/${title}` }
    const first = this.components[title]
    // OpenAPI 3.1 lets a reference say more than what it refers to.
    return content.description === first?.description ? ref : { ...ref, description: content.description }
  }
}

/** `\p{…}` means something else to validators without Unicode support, and most have none: for readers only. */
function keywordOf(name: string, value: unknown): string {
  return name === 'pattern' && typeof value === 'string' && value.includes('\\p{') ? 'x-florin-pattern' : name
}

function withoutAnnotations(schema: Json): Json {
  return Object.fromEntries(Object.entries(schema).filter(([name]) => !annotations.includes(name)))
}

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
