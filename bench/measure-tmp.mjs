
import { measureFollowers, followersTable } from './exchange/followers.ts'
import { startTestServer } from '@florin/postgres/testing'
import { readdirSync, readFileSync } from 'node:fs'
const server = await startTestServer({ durable: true })
function pgCpu() { let sum = 0; for (const d of readdirSync('/proc')) { if (!/^\d+$/.test(d)) continue; try { const st = readFileSync(`/proc/${d}/stat`, 'utf8'); const f = st.slice(st.lastIndexOf(')') + 2).split(' '); if (Number(f[1]) === server.pid || Number(d) === server.pid) sum += (Number(f[11]) + Number(f[12])) * 10 } catch {} } return sum }
let last = { t: 'start', pg: 0, node: 0, at: performance.now() }
function mark(t) { const c = process.cpuUsage(); const now = { t, pg: pgCpu(), node: (c.user + c.system) / 1000, at: performance.now() }; console.error(last.t.padEnd(50), 'pg cpu ms', (now.pg - last.pg).toFixed(0), 'node cpu ms', (now.node - last.node).toFixed(0), 'wall', (now.at - last.at).toFixed(0)); last = now }
const bench = { options: { short: process.argv[2] === 'short' }, progress: mark, server: async () => ({ withDatabase: async (_, work) => { const db = await server.createDatabase(); try { return await work(db.url) } finally { await db.drop() } } }) }
try { const f = await measureFollowers(bench); mark('end'); console.table(followersTable(f).rows) } finally { await server.stop() }
