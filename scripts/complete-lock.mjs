// Adds to package-lock.json the optional platform packages that the registry at hand does not carry, so that `npm ci`
// accepts the lock on every platform. Run after `npm install` where npm could not see them all:
//   node scripts/complete-lock.mjs
import { readFileSync, writeFileSync } from 'node:fs'

const systems = [
  'android',
  'darwin',
  'freebsd',
  'linux',
  'win32',
  'openharmony',
  'aix',
  'netbsd',
  'openbsd',
  'sunos',
]
const processors = ['arm64', 'x64', 'ia32', 'arm', 'ppc64', 'riscv64', 's390x', 'loong64', 'mips64el']

const file = new URL('../package-lock.json', import.meta.url)
const lock = JSON.parse(readFileSync(file, 'utf8'))
const packages = lock.packages
for (const [path, entry] of Object.entries(packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const nested = path === '' ? `node_modules/${name}` : `${path}/node_modules/${name}`
    const known = packages[`node_modules/${name}`] ?? packages[nested]
    // Only an exact version says which package is meant.
    if (known === undefined && /^\d/.test(version))
      packages[`node_modules/${name}`] = platformEntry(name, version, entry)
  }
}
lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1)))
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)

/** Such packages carry their platform in their name. */
function platformEntry(name, version, parent) {
  const parts = name.split(/[-/]/)
  const cpu = processors.filter((processor) => parts.includes(processor))
  const os = systems.filter((system) => parts.includes(system))
  const libc = name.includes('musl')
    ? ['musl']
    : name.includes('gnu') && os.includes('linux')
      ? ['glibc']
      : []
  return {
    version,
    ...(cpu.length > 0 && { cpu }),
    ...(parent.dev && { dev: true }),
    ...(libc.length > 0 && { libc }),
    optional: true,
    ...(os.length > 0 && { os }),
  }
}
