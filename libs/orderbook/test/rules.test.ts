import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { deflateSync, inflateSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { Engine, type MarketConfig, rulesVersion, words } from '../src/index.ts'
import { Generator, NaiveMarket, Playback, profiles, Random, recordsOf } from '../src/testing/index.ts'

/** Commands that were carried out by a version of the rules, with what they came to. */
interface Corpus {
  readonly name: string
  readonly config: MarketConfig
  /** Deflated words, base64. */
  readonly commands: string
  /** Of all commands and records. */
  readonly digest: string
}

const file = new URL(`corpus/rules-${rulesVersion}.json`, import.meta.url)
const commandsOfEach = 500

/** The corpus of a version that has none yet: written with UPDATE_CORPUS=1, once. */
function begin(): Corpus[] {
  return profiles.map((profile) => {
    const market = new NaiveMarket(profile.config)
    const generator = new Generator(new Random(1), profile, market)
    const playback = new Playback()
    const engine = new Engine({ ...profile.config, digest: true })
    const all = new Int32Array(commandsOfEach * words)
    for (let i = 0; i < commandsOfEach; i++) {
      const generated = generator.next()
      const resolved = playback.resolve(generated)
      playback.note(generated, recordsOf(market, resolved))
      engine.apply(resolved, 0)
      all.set(resolved, i * words)
    }
    const commands = deflateSync(new Uint8Array(all.buffer), { level: 9 }).toString('base64')
    return { name: profile.name, config: engine.config, commands, digest: engine.digest() }
  })
}

if (process.env.UPDATE_CORPUS === '1' && !existsSync(file))
  writeFileSync(file, `${JSON.stringify(begin(), null, 2)}\n`)
const corpora: readonly Corpus[] = JSON.parse(readFileSync(file, 'utf8'))

// Where this fails, the same commands come to something else than they did: raise rulesVersion, and say in RULES.md what changed.
test.each(corpora)(`commands of version ${rulesVersion}: $name`, ({ config, commands, digest }) => {
  const bytes = Uint8Array.from(inflateSync(Buffer.from(commands, 'base64')))
  const all = new Int32Array(bytes.buffer)
  expect(all.length).toBe(commandsOfEach * words)
  const engine = new Engine(config)
  for (let at = 0; at < all.length; at += words) engine.apply(all, at)
  expect(engine.digest()).toBe(digest)
})

test('what changed by every version is said', () => {
  const rules = readFileSync(new URL('../RULES.md', import.meta.url), 'utf8')
  const told = [...rules.matchAll(/^\| (\d+) +\| \d{4}-\d{2}-\d{2} \|/gm)].map(([, version]) =>
    Number(version),
  )
  expect(told).toEqual(Array.from({ length: rulesVersion }, (_, i) => i + 1))
})
