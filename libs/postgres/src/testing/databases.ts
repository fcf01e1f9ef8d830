import { randomBytes } from 'node:crypto'
import pg from 'pg'

export type TestDatabase = {
  name: string
  /** Connection string of the superuser. */
  url: string
  /** Removes it, ending whoever is still connected. */
  drop(): Promise<void>
}

export type Template = {
  /** Names the prepared database; another preparation needs another name. Letters, digits, `_`. */
  name: string
  /** Runs once a server, in whichever worker comes first; the others wait for it. */
  prepare(url: string): Promise<void>
}

export type TestDatabaseOptions = { template?: Template }

/** Creates a database in the server of `adminUrl`: empty, or a copy of the template. */
export async function createDatabase(
  adminUrl: string,
  options: TestDatabaseOptions = {},
): Promise<TestDatabase> {
  const template = options.template && (await ensureTemplate(adminUrl, options.template))
  const name = `test_${process.pid}_${randomBytes(6).toString('hex')}`
  const from = template ?? 'template0'
  // copying files is several times faster than logging every page, and these databases are small
  await withClient(adminUrl, (client) =>
    client.query(`CREATE DATABASE ${name} TEMPLATE ${from} STRATEGY file_copy`),
  )
  return {
    name,
    url: urlOf(adminUrl, name),
    drop: () =>
      withClient(adminUrl, async (client) => {
        await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
      }),
  }
}

async function ensureTemplate(adminUrl: string, template: Template): Promise<string> {
  if (!/^[a-z0-9_]{1,40}$/.test(template.name)) throw new Error(`"${template.name}" can't name a template`)
  const name = `template_${template.name}`
  await withClient(adminUrl, async (client) => {
    // one worker prepares; the lock goes with the session, so a killed worker blocks nobody
    await client.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', [name])
    if (await isMarkedReady(client, name)) return
    await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
    await client.query(`CREATE DATABASE ${name} TEMPLATE template0`)
    await template.prepare(urlOf(adminUrl, name))
    // a template is copied only while nobody is connected: end what the preparation left open, let nobody in
    await client.query(`ALTER DATABASE ${name} WITH ALLOW_CONNECTIONS false`)
    await client.query('SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1', [
      name,
    ])
    await client.query(`COMMENT ON DATABASE ${name} IS 'ready'`)
  })
  return name
}

async function isMarkedReady(client: pg.Client, name: string): Promise<boolean> {
  const found = await client.query(
    "SELECT 1 FROM pg_database WHERE datname = $1 AND shobj_description(oid, 'pg_database') = 'ready'",
    [name],
  )
  return found.rowCount === 1
}

function urlOf(adminUrl: string, database: string): string {
  const url = new URL(adminUrl)
  url.pathname = `/${database}`
  return url.href
}

async function withClient<Result>(
  url: string,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client({ connectionString: url })
  // tests kill servers: whoever is asking just then learns of it from the query
  client.on('error', () => undefined)
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
