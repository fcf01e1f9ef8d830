import { embeddedMajor } from '@florin/postgres'
import { lsnOf, restoreBackup, type Target } from '@florin/postgres/backup'
import { compared, knownLedgers, noteRestore, readRestore, transactionOf } from '../archive.ts'
import type { Config } from '../config.ts'
import { FlagReader, readFlags, refuseExtra } from './arguments.ts'
import { archiveOf, progress, show } from './backup.ts'
import { usage } from './failure.ts'
import { arrayAt, isObject, stringAt } from './json.ts'
import { write } from './output.ts'

const help = `Usage: florin restore [FOLDER] [--to-time TIME | --to-seq LEDGER:N | --to-lsn PLACE] [--backup ID]

Restores from FOLDER (FLORIN_ARCHIVE unless given) into FLORIN_DATA, which must hold no database yet.
  (nothing)           all there is in the archive
  --to-time TIME      everything committed until then: 2026-11-21T10:00:00Z
  --to-seq LEDGER:N   up to the transaction that wrote record N of the ledger's journal
  --to-lsn PLACE      up to a place in the write-ahead log: 0/3000060
  --backup ID         from this backup; the newest that fits unless given
  --despite-gaps      only as far as the archived log has no gap
`

/** `florin restore`: into a fresh data folder, which `florin serve` then runs on. */
export async function restore(config: Config, argv: readonly string[]): Promise<void> {
  const reader = new FlagReader(argv)
  const targets: Target[] = []
  const chosen: { backup?: string; despiteGaps?: boolean } = {}
  const flags = readFlags(reader, (flag) => {
    if (flag.name === 'backup') chosen.backup = reader.value(flag)
    else if (flag.name === 'despite-gaps') chosen.despiteGaps = true
    else if (flag.name.startsWith('to-')) targets.push(targetOf(flag.name, reader.value(flag)))
    else return false
    return true
  })
  if (flags.help) return write(help)
  const [folder, ...more] = reader.positional
  refuseExtra(more)
  if (targets.length > 1) throw usage('One --to-… is enough: they say the same thing in different ways.')
  const target = targets[0] ?? { kind: 'latest' }
  const restored = await restoreBackup({
    archive: archiveOf(config, folder),
    dataDir: config.dataDir,
    target,
    ...chosen,
    known: knownLedgers,
    major: await embeddedMajor(),
    say: progress,
  })
  await noteRestore(config.dataDir, restored, described(target))
  const ledgers = compared(restored.known, restored.newest)
  const answer = { backup: restored.backup.id, target: described(target), data: config.dataDir, ledgers }
  await show(answer, flags.output === 'json')
}

function targetOf(name: string, text: string): Target {
  switch (name) {
    case 'to-time':
      if (/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)$/.test(text) && isTime(text))
        return { kind: 'time', time: text }
      throw usage(`--to-time is a time with its zone, such as 2026-11-21T10:00:00Z, not "${text}".`)
    case 'to-lsn':
      if (lsnOf(text) !== undefined) return { kind: 'lsn', lsn: text }
      throw usage(`--to-lsn is a place in the write-ahead log, such as 0/3000060, not "${text}".`)
    case 'to-seq': {
      const [, ledger = '', seq = ''] = /^(.+):([1-9]\d{0,17})$/s.exec(text) ?? []
      if (seq === '') throw usage(`--to-seq is LEDGER:N, such as demo:1200, not "${text}".`)
      return {
        kind: 'record',
        journal: ledger,
        seq: BigInt(seq),
        find: (ask) => transactionOf(ask, ledger, BigInt(seq)),
      }
    }
    default:
      throw usage(`There is no flag --${name} here; --help lists those there are.`)
  }
}

function isTime(text: string): boolean {
  return !Number.isNaN(Date.parse(text))
}

function described(target: Target): string {
  switch (target.kind) {
    case 'latest':
      return 'all there is'
    case 'time':
      return target.time
    case 'lsn':
      return target.lsn
    case 'record':
      return `${target.journal}:${target.seq}`
  }
}

/** What `florin verify` says of a data folder that was restored. */
export async function restoreNote(dataDir: string): Promise<string> {
  const note = await readRestore(dataDir)
  if (!isObject(note)) return ''
  const ledgers = arrayAt(note, 'ledgers').map((one) => {
    const [name, to, at] = [stringAt(one, 'ledger'), stringAt(one, 'restored_to'), stringAt(one, 'booked_at')]
    const missing = stringAt(one, 'missing') ?? '0'
    const rest =
      missing === '0'
        ? 'nothing later was known'
        : `${missing} later record${missing === '1' ? '' : 's'} known before (up to ${stringAt(one, 'known')}, ${stringAt(one, 'known_at')}) ${missing === '1' ? 'is' : 'are'} not in it`
    return `  ${name}: up to ${to}${at === '' ? '' : `, booked at ${at}`}; ${rest}\n`
  })
  const head = `This data was restored from the backup ${stringAt(note, 'backup')} up to ${stringAt(note, 'target')}:\n`
  return head + ledgers.join('')
}
