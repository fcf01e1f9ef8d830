import fc from 'fast-check'

// A check of somebody's change must not fail on a case that has nothing to do with it: there the generated
// cases are the same every time. By hand they are new ones at every run.
if (process.env.CI) fc.configureGlobal({ seed: 20_261_121 })
