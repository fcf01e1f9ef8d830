/** A process that posts to a ledger, as one of several on the same database. */
import { Subject } from '../lib/subject.ts'
import { serveJobs } from '../lib/worker.ts'
import { Poster, type Tally } from '../posting/poster.ts'
import { pairsOf, scenarioOf } from '../posting/scenarios.ts'
import type { PosterJob, PosterResult } from './job.ts'

let subject: Subject | undefined
let poster: Poster | undefined

serveJobs(work, async () => {
  await subject?.database.close()
})

async function work(job: PosterJob): Promise<PosterResult> {
  if ('open' in job) await open(job.open)
  else await theirs().run('post', job.post.batches, job.post.size)
  return { tally: tallyOf(theirs()), moved: theirs().moved }
}

async function open({
  url,
  name,
  ledger,
  scenario,
  size,
  seed,
}: Extract<PosterJob, { open: unknown }>['open']) {
  subject ??= new Subject(url, name)
  const target = { subject, engine: subject.engine(size), ledger, size }
  const described = scenarioOf(scenario, true)
  poster = new Poster(target, described, pairsOf(described, 65_536, seed), `to-${ledger}`)
}

function theirs(): Poster {
  if (poster === undefined) throw new Error('Nothing was opened')
  return poster
}

function tallyOf(one: Poster): Tally {
  one.check()
  return one.tally
}
