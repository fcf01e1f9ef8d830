import { randomBytes } from 'node:crypto'
import { open, readFile, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import {
  type Context,
  type Database,
  type Engine,
  errorCode,
  KeyRing,
  localContext,
  newSecret,
  type Random,
  systemActor,
  systemClock,
  systemRandom,
} from '@florin/kernel'
import { adminKeyFile } from './config.ts'

/** The secret in the file, or undefined where there is no file. */
export async function readAdminKey(dataDir: string): Promise<string | undefined> {
  try {
    return (await readFile(adminKeyFile(dataDir), 'utf8')).trim()
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

/**
 * Sees to it that `admin.key` opens this database, and says in one sentence what is wrong where it can't.
 * The file is written before the key is created: a start that is killed in between goes on where it stopped.
 */
export async function ensureAdminKey(
  engine: Engine,
  database: Database,
  dataDir: string,
): Promise<string | undefined> {
  const [existing] = await database.query(`SELECT 1 FROM kernel.api_keys WHERE name = 'admin'`)
  const held = await readAdminKey(dataDir)
  if (existing === undefined) {
    const secret = held !== undefined && isSecret(held) ? held : await writeSecret(dataDir)
    await createAdminKey(engine, 'admin', secret)
    return undefined
  }
  if (held === undefined) {
    return `The admin key exists, but its file ${adminKeyFile(dataDir)} is gone; \`npx florin admin-key\` writes a new key.`
  }
  if ((await new KeyRing(database, systemClock).actorOf(held)) !== undefined) return undefined
  return `The key in ${adminKeyFile(dataDir)} does not open this database; \`npx florin admin-key\` writes a new key.`
}

/** A new key with all permissions under the next free name, its secret in `admin.key`. Returns the name. */
export async function renewAdminKey(engine: Engine, database: Database, dataDir: string): Promise<string> {
  const rows = await database.query<{ name: string }>(
    `SELECT name FROM kernel.api_keys WHERE name ~ '^admin(-\\d+)?$'`,
  )
  const taken = new Set(rows.map((row) => row.name))
  let name = 'admin'
  for (let number = 2; taken.has(name); number++) name = `admin-${number}`
  const secret = newSecret(systemRandom)
  await createAdminKey(engine, name, secret)
  await writeWhole(adminKeyFile(dataDir), `${secret}\n`)
  return name
}

function isSecret(text: string): boolean {
  return /^florin_[A-Za-z0-9_-]{43}$/.test(text)
}

async function writeSecret(dataDir: string): Promise<string> {
  const secret = newSecret(systemRandom)
  await writeWhole(adminKeyFile(dataDir), `${secret}\n`)
  return secret
}

/** Through the command like every other key, so that the audit trail tells of it. */
async function createAdminKey(engine: Engine, name: string, secret: string): Promise<void> {
  const command = engine.registry.commands.get('kernel.key.create')
  if (command === undefined) throw new Error('The kernel has no command that creates a key')
  const answer = await engine.execute(command, { name, permissions: ['*'] }, setupContext(name, secret))
  if (answer.status === 'refused') throw answer.refusal
}

/** The command draws the secret from its context's randomness: here it draws the one that is in the file. */
function setupContext(name: string, secret: string): Context {
  const drawn = Buffer.from(secret.slice('florin_'.length), 'base64url')
  const random: Random = {
    bytes: (size) => (size === drawn.length ? drawn : systemRandom.bytes(size)),
  }
  return localContext({
    actor: systemActor('setup'),
    clock: systemClock,
    random,
    idempotencyKey: `create ${name} ${randomBytes(8).toString('hex')}`,
  })
}

/** Readable by its owner alone from the first byte on, and whole or not there. */
async function writeWhole(path: string, content: string): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  const file = await open(draft, 'wx', 0o600)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(draft, path)
  const folder = await open(dirname(path), 'r')
  await folder.sync().finally(() => folder.close())
}
