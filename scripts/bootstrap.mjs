// Runs on whatever Node the user has (20 or newer) and uses nothing that isn't in Node: it makes sure that the
// dependencies are installed and hands over to the pinned Node. Every npm script goes through here.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { ensureInstalled, root } from './install.mjs'

const OLDEST_NODE = 24

/** Installs where needed, then becomes `node <args>` (paths below the repository's root are made absolute). */
export async function runPinned(program, args, options = {}) {
  try {
    await ensureInstalled()
    handOver(findNode(), [...(options.nodeArgs ?? []), join(root, program), ...args])
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
    process.exitCode = 1
  }
}

/** The pinned Node of this platform; where there is none, the user's own if it is new enough. */
function findNode() {
  const windows = process.platform === 'win32'
  const name = `node-${windows ? 'win' : process.platform}-${process.arch}`
  const pinned = join(root, 'node_modules', name, 'bin', windows ? 'node.exe' : 'node')
  if (existsSync(pinned) && hasItsLoader()) return pinned
  if (Number.parseInt(process.versions.node, 10) >= OLDEST_NODE) return process.execPath
  throw new Error(
    `Florin needs Node ${OLDEST_NODE} or newer on this machine and found ${process.versions.node}; install a newer Node and start again.`,
  )
}

/** The pinned Linux builds are for glibc; on Alpine and the like they are there and can't run. */
function hasItsLoader() {
  if (process.platform !== 'linux') return true
  const loaders = { x64: '/lib64/ld-linux-x86-64.so.2', arm64: '/lib/ld-linux-aarch64.so.1' }
  const loader = loaders[process.arch]
  return loader === undefined || existsSync(loader)
}

function handOver(node, args) {
  // in place of this process where Node can do that: signals and exit codes need no forwarding then
  if (typeof process.execve === 'function' && process.platform !== 'win32') {
    process.execve(node, [node, ...args], process.env)
  }
  runAsChild(node, args)
}

function runAsChild(node, args) {
  // killed without a chance to forward anything, we still close this pipe: the child sees it and stops
  const watch = new URL('./parent-watch.mjs', import.meta.url).href
  const child = spawn(node, [`--import=${watch}`, ...args], {
    stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
  })
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2']) {
    if (!(name in constants.signals) || process.platform === 'win32') continue
    process.on(name, () => {
      // the terminal has sent Ctrl-C to the child as well
      if (name !== 'SIGINT' || !process.stdin.isTTY) child.kill(name)
    })
  }
  child.once('error', (error) => {
    process.stderr.write(`${node} can't be run (${error.message}); remove node_modules and start again.\n`)
    process.exit(1)
  })
  child.once('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1)
    // end the way the child did
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}
