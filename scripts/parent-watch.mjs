// Loaded before a program that a script started as its child: the pipe on descriptor 3 closes when that script
// dies, even by kill -9, and then the program is asked to stop.
import { Socket } from 'node:net'

const parent = new Socket({ fd: 3, readable: true, writable: false })
parent.once('close', () => process.kill(process.pid, 'SIGTERM'))
// an error comes before the close that matters
parent.on('error', () => undefined)
parent.resume()
parent.unref()
