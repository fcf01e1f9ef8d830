// Installs the dependencies when they are missing, half-installed, or older than package-lock.json.
import { spawn } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { chmodSync, existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))
const modules = join(root, 'node_modules')
/** Written last: an install cut short doesn't have it, because npm empties the folder first. */
const marker = join(modules, '.florin-installed')

export async function ensureInstalled() {
  if (isInstalled()) return
  if (adoptInstall()) return
  const release = await takeLock()
  try {
    // whoever had the lock may have done it
    if (!isInstalled()) await install()
  } finally {
    release()
  }
}

function isInstalled() {
  return existsSync(marker) && readFileSync(marker, 'utf8') === lockHash()
}

function lockHash() {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
}

/** Takes over what somebody installed with npm alone: its own record must say the same as our lock file. */
function adoptInstall() {
  const record = join(modules, '.package-lock.json')
  if (!existsSync(record)) return false
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
  const present = JSON.parse(readFileSync(record, 'utf8')).packages
  for (const [path, entry] of Object.entries(wanted)) {
    if (!path.startsWith('node_modules/')) continue
    const same = present[path]?.version === entry.version && present[path]?.resolved === entry.resolved
    // npm leaves out what is for other platforms
    const absent = present[path] === undefined && entry.optional === true
    if (absent) continue
    if (!same || !existsSync(join(root, path, entry.link ? '' : 'package.json'))) return false
  }
  return tryWriteMarker()
}

function tryWriteMarker() {
  try {
    writeFileSync(marker, lockHash())
  } catch (error) {
    // somebody else's folder: looking again each time is slower and just as right
    if (!['EACCES', 'EROFS', 'EPERM'].includes(error.code)) throw error
  }
  return true
}

async function install() {
  process.stderr.write('Installing dependencies …\n')
  rmSync(marker, { force: true })
  const code = await runNpm(['ci', '--no-audit', '--no-fund', '--loglevel=error'])
  if (code !== 0) {
    throw new Error(
      `Installing the dependencies failed (npm ci: ${code}); see its message above and start again.`,
    )
  }
  writeFileSync(marker, lockHash())
  process.stderr.write('Dependencies are installed.\n')
}

/** npm's exit code or signal. Its output goes to our errors, so that ours stays the program's alone. */
function runNpm(args) {
  const cli = process.env.npm_execpath
  // inside an npm script npm names itself; npx names its own program, which can't install
  const [command, first] = cli?.endsWith('npm-cli.js') ? [process.execPath, [cli]] : ['npm', []]
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...first, ...args], {
      cwd: root,
      stdio: ['ignore', 2, 2],
      shell: command === 'npm' && process.platform === 'win32',
      env: npmEnvironment(),
    })
    const stop = (signal) => child.kill(signal)
    process.on('SIGINT', stop).on('SIGTERM', stop)
    child.once('error', (error) => reject(new Error(`npm can't be run (${error.message}); install npm.`)))
    child.once('close', (code, signal) => {
      process.off('SIGINT', stop).off('SIGTERM', stop)
      resolve(code ?? signal)
    })
  })
}

/** The development tools are needed whatever the environment is for. */
function npmEnvironment() {
  const { NODE_ENV: _mode, npm_config_production: _production, npm_config_omit: _omit, ...rest } = process.env
  return rest
}

/** One install at a time; answers how to give the lock back. */
async function takeLock() {
  const folder = join(root, '.florin')
  if (!existsSync(folder)) {
    mkdirSync(folder)
    chmodSync(folder, 0o711)
  }
  const path = join(folder, 'installing')
  let told = false
  while (!create(path)) {
    const holder = read(path)
    if (holder !== undefined && !isAlive(holder.pid, holder.start)) {
      removeStale(path, holder)
      continue
    }
    if (!told) process.stderr.write('Waiting for another start that installs the dependencies …\n')
    told = true
    await delay(200)
  }
  return () => rmSync(path, { force: true })
}

function create(path) {
  const draft = `${path}.${randomUUID()}`
  writeFileSync(draft, JSON.stringify({ pid: process.pid, start: startOf(process.pid) }))
  try {
    // a link appears whole or not at all, and only once
    linkSync(draft, path)
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
    return false
  } finally {
    rmSync(draft, { force: true })
  }
}

function read(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
}

/** Only if it is still the dead one's: another waiter may have been faster. */
function removeStale(path, holder) {
  const now = read(path)
  if (now?.pid === holder.pid && now?.start === holder.start) rmSync(path, { force: true })
}

function isAlive(pid, start) {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return error.code === 'EPERM'
  }
  return startOf(pid) === start
}

/** Tells a process from a later one with the same number, where the system says. */
function startOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}
