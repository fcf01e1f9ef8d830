import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { undoing } from '../lib/leftovers.ts'
import { type BenchOptions, OptionsError } from '../lib/options.ts'
import type { Bench, Table } from '../lib/section.ts'
import { give, percent, whole } from '../lib/table.ts'
import { Worker } from '../lib/worker.ts'
import { type ContenderName, contenderNames } from './contenders.ts'
import type { MatchingJob, MatchingResult, Speed, Weight } from './job.ts'
import { type Shape, shapes, streamOf } from './shapes.ts'
import { type StoredStream, type Way, ways } from './stream.ts'

export interface MatchingFigure {
  readonly stream: string
  readonly way: Way
  readonly contender: ContenderName
  readonly resting: number
  readonly speed: Speed
}

/** Each book on each stream, each in a process of its own, so that none is compiled for another's sake. */
export async function measureMatching(bench: Bench): Promise<MatchingFigure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'florin-streams-'))
  const figures: MatchingFigure[] = []
  await undoing(
    () => rm(folder, { recursive: true, force: true }),
    async () => {
      for (const shape of chosen(bench.options))
        for (const way of waysOf(shape)) figures.push(...(await measureStream(bench, folder, shape, way)))
    },
  )
  return figures
}

function chosen({ scenarios: names }: BenchOptions): readonly Shape[] {
  if (names === undefined) return shapes
  return names.map((name) => {
    const shape = shapes.find((one) => one.name === name)
    if (shape !== undefined) return shape
    throw new OptionsError(
      `There is no stream "${name}"; there are: ${shapes.map((one) => one.name).join(', ')}`,
    )
  })
}

/** What each check costs is told once; elsewhere nothing and everything are. */
function waysOf(shape: Shape): readonly Way[] {
  return shape === shapes[0] ? ways : ['matching', '+ digest']
}

async function measureStream(
  bench: Bench,
  folder: string,
  shape: Shape,
  way: Way,
): Promise<MatchingFigure[]> {
  const { short } = bench.options
  bench.progress(`exchange: making ${shape.name}, ${way}`)
  const { commands, ...stream } = streamOf(shape, way, short ? 4_000 : 1_000_000)
  const stored: StoredStream = { ...stream, file: join(folder, 'stream') }
  await writeFile(stored.file, new Uint8Array(commands.buffer, commands.byteOffset, commands.byteLength))
  const figures: MatchingFigure[] = []
  // The others know neither accounts nor limits.
  for (const contender of way === 'matching' ? contenderNames : (['florin', 'empty loop'] as const)) {
    bench.progress(`exchange: ${shape.name}, ${way}, ${contender}`)
    const measure = { contender, stream: stored, runs: short ? 2 : 5, budget_ms: short ? 20 : 500 }
    const result = await inFreshProcess({ measure })
    if (!('speed' in result)) throw new Error('A measurement was not answered with a speed')
    figures.push({ stream: shape.name, way, contender, resting: stream.resting, speed: result.speed })
  }
  return figures
}

export async function weighBook(bench: Bench): Promise<Weight> {
  const result = await inFreshProcess({ weigh: { orders: bench.options.short ? 10_000 : 1_000_000 } })
  if (!('weight' in result)) throw new Error('A weighing was not answered with a weight')
  return result.weight
}

async function inFreshProcess(job: MatchingJob): Promise<MatchingResult> {
  const worker = new Worker<MatchingJob, MatchingResult>(new URL('worker.ts', import.meta.url))
  try {
    return await worker.run(job)
  } finally {
    await worker.stop()
  }
}

export function matchingTables(figures: readonly MatchingFigure[], weight: Weight): Table[] {
  return [
    {
      title: `Memory: ${weight.perOrder.toFixed(1)} bytes an order, and ${whole(weight.fixed / 1_024)} KiB for 65,535 prices and 256 accounts`,
      texts: 3,
      columns: [
        'stream',
        'checks',
        'book',
        'resting',
        'cold per s',
        'warm per s',
        '',
        'limit',
        'florin is',
        'p50 ns',
        'p99',
        'p99.9',
        'max',
      ],
      rows: figures.map((figure) => {
        const { stream, way, contender, resting, speed } = figure
        return [
          stream,
          way,
          contender,
          whole(resting),
          whole(speed.cold),
          whole(speed.warm.median),
          give(speed.warm),
          percent(speed.warm.median / warmOf('empty loop', figure, figures)),
          others(contender) ? times(warmOf('florin', figure, figures) / speed.warm.median) : '',
          ...[speed.each_ns.p50, speed.each_ns.p99, speed.each_ns.p999, speed.each_ns.max].map(whole),
        ]
      }),
    },
    {
      title: 'Streams',
      texts: 2,
      columns: ['stream', 'what it does'],
      rows: shapes.map(({ name, about }) => [name, about]),
    },
  ]
}

function others(contender: ContenderName): boolean {
  return contender !== 'florin' && contender !== 'empty loop'
}

function warmOf(
  contender: ContenderName,
  { stream, way }: MatchingFigure,
  figures: readonly MatchingFigure[],
): number {
  const found = figures.find((one) => one.stream === stream && one.way === way && one.contender === contender)
  return found?.speed.warm.median ?? Number.NaN
}

function times(factor: number): string {
  if (!Number.isFinite(factor)) return '–'
  return factor < 10 ? `x${factor.toFixed(1)}` : `x${whole(factor)}`
}
