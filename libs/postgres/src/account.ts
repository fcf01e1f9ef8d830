import { readFile, stat } from 'node:fs/promises'
import { StartError } from './errors.ts'
import { type Owner, readIfThere } from './files.ts'
import { runTool } from './tools.ts'

const OWN_NAME = 'florin'

type Entry = { name: string; uid: number; gid: number }

/**
 * PostgreSQL refuses to run as root, so root needs another user for it: the one the data belongs to
 * already, else `florin`, else `postgres`, else a new `florin`, else `nobody`. Undefined when we aren't root.
 * The user must have a name, because initdb looks it up.
 */
export async function chooseOwner(data: string, say: (line: string) => void): Promise<Owner> {
  if (process.getuid?.() !== 0) return undefined
  const present = await ownerOf(data)
  if (present && present.uid !== 0) return present
  return (
    (await account(OWN_NAME)) ??
    (await account('postgres')) ??
    (await createAccount(say)) ??
    (await account('nobody')) ??
    noAccount()
  )
}

async function ownerOf(path: string): Promise<{ uid: number; gid: number } | undefined> {
  // A place that can't be looked at has no owner to take over; making the folder will say what is wrong with it.
  const found = await stat(path).catch(() => undefined)
  return found && { uid: found.uid, gid: found.gid }
}

async function account(name: string): Promise<{ uid: number; gid: number } | undefined> {
  const entry = (await entries()).find((candidate) => candidate.name === name && candidate.uid !== 0)
  return entry && { uid: entry.uid, gid: entry.gid }
}

async function entries(): Promise<Entry[]> {
  const text = await readFile('/etc/passwd', 'utf8')
  return text.split('\n').flatMap((line) => {
    const [name = '', , uid = '', gid = ''] = line.split(':')
    return /^\d+$/.test(uid) && /^\d+$/.test(gid) ? [{ name, uid: Number(uid), gid: Number(gid) }] : []
  })
}

async function createAccount(say: (line: string) => void): Promise<{ uid: number; gid: number } | undefined> {
  // a system without them (a bare container) has `nobody`
  const tools: [command: string, args: string[]][] = [
    ['/usr/sbin/useradd', ['--system', '--no-create-home', '--shell', '/usr/sbin/nologin', OWN_NAME]],
    ['/usr/sbin/adduser', ['-S', '-H', '-D', OWN_NAME]],
  ]
  for (const [command, args] of tools) {
    if ((await readIfThere(command)) === undefined) continue
    const result = await runTool(command, args, undefined)
    const made = result.ok ? await account(OWN_NAME) : undefined
    if (made) {
      say(`Created the system user ${OWN_NAME}, because PostgreSQL refuses to run as root.`)
      return made
    }
  }
  return undefined
}

function noAccount(): never {
  throw new StartError(
    'user_unavailable',
    'PostgreSQL refuses to run as root and this machine has no other user for it; create a system user named florin or start Florin as an ordinary user.',
  )
}

/** Whether `owner` may enter the folder, asked of the system itself so that every kind of right counts. */
export async function canEnter(owner: Owner, folder: string): Promise<boolean> {
  if (!owner) return true
  try {
    return (await runTool('/bin/sh', ['-c', 'cd "$0"', folder], owner)).ok
  } catch (error) {
    throw new StartError(
      'user_unavailable',
      'Root may not run programs as another user here, and PostgreSQL refuses to run as root; start Florin as an ordinary user.',
      { cause: error },
    )
  }
}
