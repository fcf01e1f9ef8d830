import { createServer } from 'node:net'
import { join } from 'node:path'
import { errorCode, StartError } from './errors.ts'
import { readIfThere, writeWhole } from './files.ts'
import type { Location } from './location.ts'

const FILE = 'port'

/** The port of the last start while it is free, else another; with `fixed` that one or none. */
export async function choosePort(location: Location, fixed: number | undefined): Promise<number> {
  if (fixed !== undefined) {
    if (await isFree(fixed)) return fixed
    throw portBusy(fixed)
  }
  const remembered = await rememberedPort(location)
  if (remembered !== undefined && (await isFree(remembered))) return remembered
  const chosen = await freePort()
  await writeWhole(join(location.folder, FILE), `${chosen}\n`, { mode: 0o600, owner: location.owner })
  return chosen
}

export function portBusy(port: number): StartError {
  return new StartError(
    'port_busy',
    `Port ${port} on 127.0.0.1 is in use by another program; free it or choose another port for PostgreSQL.`,
  )
}

async function rememberedPort(location: Location): Promise<number | undefined> {
  const port = Number((await readIfThere(join(location.folder, FILE)))?.trim())
  return Number.isInteger(port) && port > 0 && port < 65536 ? port : undefined
}

export function freePort(): Promise<number> {
  return listen(0)
}

export async function isFree(port: number): Promise<boolean> {
  try {
    await listen(port)
    return true
  } catch (error) {
    const code = errorCode(error)
    if (code === 'EADDRINUSE' || code === 'EACCES') return false
    throw error
  }
}

/** Listens for a moment and answers the port. */
function listen(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address()
      server.close(() => {
        if (address !== null && typeof address === 'object') resolve(address.port)
        else reject(new Error('the system gave no port'))
      })
    })
  })
}
