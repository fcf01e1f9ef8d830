// A process that runs a server, for tests to kill: `node child.ts <options as JSON>`. It writes one JSON line for
// each thing that happens and stops on SIGTERM or SIGINT.
import { StartError, type StartOptions, startEmbedded } from '../src/index.ts'

type ChildOptions = Pick<StartOptions, 'dataDir' | 'port' | 'binariesDir'> & { uid?: number }

function parse(text: string | undefined): ChildOptions {
  const found: unknown = JSON.parse(text ?? '')
  if (typeof found !== 'object' || found === null || !('dataDir' in found)) throw new Error('no dataDir')
  return {
    dataDir: String(found.dataDir),
    ...('port' in found ? { port: Number(found.port) } : {}),
    ...('binariesDir' in found ? { binariesDir: String(found.binariesDir) } : {}),
    ...('uid' in found ? { uid: Number(found.uid) } : {}),
  }
}

function tell(event: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify(event)}\n`)
}

const { uid, ...options } = parse(process.argv[2])
if (uid !== undefined) {
  process.setgroups?.([uid])
  process.setgid?.(uid)
  process.setuid?.(uid)
}
const abort = new AbortController()
const asked = new Promise<void>((resolve) => {
  for (const name of ['SIGTERM', 'SIGINT']) {
    process.on(name, () => {
      abort.abort()
      resolve()
    })
  }
})
try {
  const server = await startEmbedded({
    ...options,
    signal: abort.signal,
    onProgress: (line) => tell({ progress: line }),
    log: (line) => tell({ log: line }),
    onLost: (error) => tell({ lost: error.code }),
  })
  const { adminUrl, pid, location, created } = server
  await server.announce('http://127.0.0.1:1')
  tell({ ready: { adminUrl, pid, location, created } })
  await asked
  await server.stop()
  tell({ stopped: true })
} catch (error) {
  if (!(error instanceof StartError)) throw error
  tell({ refused: { code: error.code, message: error.message } })
}
